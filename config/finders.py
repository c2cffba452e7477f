"""Which files of the npm packages are served: the few that pages ask for, not the packages' tens of megabytes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage


class LibraryFinder(BaseFinder):
    """Finds what settings.LIBRARY_FILES names: path below `/static/` to path below `node_modules`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.root = Path(settings.BASE_DIR) / "node_modules"
        self.files: dict[str, str] = settings.LIBRARY_FILES

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [source for source in self.files.values() if not (self.root / source).is_file()]
        return [Error(f"node_modules/{source} is not there. Run `npm ci`.", id="estrade.E001") for source in missing]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source = self.files.get(path)
        if source is None or not (self.root / source).is_file():
            return []
        found = str(self.root / source)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for path, source in self.files.items():
            yield path, _Renamed(self.root, {path: source})


class _Renamed(FileSystemStorage):
    """A directory whose files are known under other names."""

    def __init__(self, root: Path, names: dict[str, str]) -> None:
        super().__init__(location=root)
        self._names = names

    def path(self, name: str) -> str:
        return super().path(self._names.get(name, name))
