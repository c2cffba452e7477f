"""Where static files come from."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Hashed names in every run, also under DEBUG: the edge serves the collected files, never Django."""

    # A name that nobody collected falls back to itself instead of failing the page.
    manifest_strict = False

    def url(self, name: str | None, force: bool = True) -> str:
        return super().url(name, force=force)  # type: ignore[arg-type]
