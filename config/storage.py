"""Where static files come from, and recordings go to."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import Storage

from config.env import Env


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Hashed names in every run, also under DEBUG: the edge serves the collected files, never Django."""

    # A name that nobody collected falls back to itself instead of failing the page.
    manifest_strict = False

    def post_process(
        self, paths: dict[str, tuple[Storage, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        """Put what style sheets import in the import's place: one request instead of one each."""
        for name in [] if dry_run else [name for name in paths if Path(name).parent == Path("css")]:
            Path(self.path(name)).write_text(_with_imports(paths, name), "utf-8")
            paths[name] = (self, name)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def url(self, name: str | None, force: bool = True) -> str:
        return super().url(name, force=force)  # type: ignore[arg-type]


_IMPORT = re.compile(r'^@import "([^"]+)";\n', re.MULTILINE)


def _with_imports(paths: dict[str, tuple[Storage, str]], name: str) -> str:
    storage, path = paths[name]
    with storage.open(path) as sheet:
        text = sheet.read().decode()
    return _IMPORT.sub(lambda found: _with_imports(paths, f"css/{found[1]}"), text)


def recordings_storage(env: Env) -> dict[str, Any]:
    """The storage of recordings: a bucket when one is named, the media directory otherwise."""
    if not env.s3_bucket:
        options: dict[str, Any] = {"location": env.media_dir / "recordings"}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    style = env.s3_addressing_style
    options = {
        "bucket_name": env.s3_bucket,
        "endpoint_url": env.s3_endpoint_url or None,
        "public_endpoint_url": env.s3_public_endpoint_url,
        "region_name": env.s3_region or None,
        # Without keys boto3 looks where it always does: environment, profile, the machine's role.
        "access_key": env.s3_access_key_id or None,
        "secret_key": env.s3_secret_access_key or None,
        "addressing_style": ("path" if env.s3_endpoint_url else "virtual") if style == "auto" else style,
    }
    return {"BACKEND": "streaming.recordings.bucket.RecordingBucket", "OPTIONS": options}
