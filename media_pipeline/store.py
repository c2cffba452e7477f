"""A broadcast's files on disk: written beside, renamed into place, fenced against a packager that was replaced.

Each packager holds an epoch. The store's `epoch` file carries the newest one; a writer looks at it under a shared
lock before it renames, a claimant raises it under an exclusive one. So a packager that slept through its lease and
wakes up can't overwrite what its successor wrote. Media files carry the epoch in their names besides.
"""

import fcntl
import gzip
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from media_pipeline.swap import swap, write_spare


class Fenced(Exception):
    """A newer packager has taken this broadcast over: stop writing."""


class MediaStore:
    """The directory of one media path, as the packager of one epoch writes it."""

    def __init__(self, root: Path, epoch: int) -> None:
        self.root = root
        self.epoch = epoch
        root.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(root / "epoch", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._made: set[str] = set()
        # A dozen paths a part: joining them as text costs a fifth of what pathlib takes.
        self._prefix = f"{root}/"

    def claim(self) -> None:
        """Take the directory over. Raises Fenced when a newer epoch has it."""
        with self._locked(fcntl.LOCK_EX):
            self._check()
            os.pwrite(self._lock, b"%020d" % self.epoch, 0)
            for left_behind in self.root.rglob("*.tmp"):
                left_behind.unlink()

    def close(self) -> None:
        os.close(self._lock)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        fcntl.flock(self._lock, how)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _check(self) -> None:
        newest = os.pread(self._lock, 20, 0)
        if newest and int(newest) > self.epoch:
            raise Fenced(f"epoch {int(newest)} has taken over from {self.epoch}")

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """For what is written elsewhere on this packager's behalf: no newer one takes over within the block."""
        with self._locked(fcntl.LOCK_SH):
            self._check()
            yield

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Put files (path below the root, content) into place in the order given, each whole or not at all."""
        pairs = []
        for name, data in files:
            path = f"{self._prefix}{name}"
            spare = f"{path}.{self.epoch}.tmp"
            self._make_parent(name)
            write_spare(spare, data)
            pairs.append((spare, path))
        with self._locked(fcntl.LOCK_SH):
            self._check()
            for spare, path in pairs:
                swap(spare, path)

    def _make_parent(self, name: str) -> None:
        parent = name.rpartition("/")[0]
        if parent not in self._made:
            (self.root / parent).mkdir(parents=True, exist_ok=True)
            self._made.add(parent)

    def read(self, name: str) -> bytes | None:
        """A file's content, or None when it isn't there."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            with suppress(FileNotFoundError):
                os.unlink(f"{self._prefix}{name}")

    def join(self, parts: Iterable[str]) -> bytes:
        """The content of several files, one after the other; those that are gone are left out."""
        return b"".join(data for part in parts if (data := self.read(part)) is not None)


def pack(name: str, text: str) -> tuple[str, bytes]:
    """A playlist as it lies on disk: compressed alone, which is how nearly everybody takes it from the edge."""
    return f"{name}.gz", gzip.compress(text.encode(), 1, mtime=0)


def unpack(data: bytes) -> str:
    """The text of a packed playlist; raises ValueError for anything else."""
    try:
        return gzip.decompress(data).decode()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"no packed playlist: {error}") from error


def remove_broadcast(live_dir: Path, media_path: str) -> None:
    """Delete all of a media path's files."""
    shutil.rmtree(live_dir / media_path, ignore_errors=True)
