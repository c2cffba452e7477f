"""Keeps what a broadcast sent: each finished segment is appended to one file a rendition, and indexed beside it.

Data first, then its index entry, both under the store's fence: a packager that is killed between the two leaves bytes
that nobody speaks for, and its successor cuts them off. Nothing is flushed to disk while the broadcast lasts, which
would hold up the media: a power cut may cost what the kernel hasn't written yet, half a minute, a killed process
nothing. A recorder that can't go on stops, and says why; the broadcast itself never notices.
"""

import errno
import logging
import os
import shutil
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from media_pipeline.ladder import SOURCE
from media_pipeline.playlist import CAN_SKIP_UNTIL_S, Segment, Variant, render_multivariant
from media_pipeline.recording import (
    ByteRange,
    Entry,
    Index,
    delta_of,
    file_of,
    parse_index,
    playlist_of,
    render_delta,
    render_entry,
    render_head,
)
from media_pipeline.store import MediaStore

log = logging.getLogger(__name__)

MASTER, STOPPED = "master.m3u8", "stopped"
_ENDLIST = "#EXT-X-ENDLIST\n"
# What a gap lasts of which nobody knows how long it was.
_UNKNOWN_S = 0.04
_FULL = (errno.ENOSPC, errno.EDQUOT)


class StopReason(StrEnum):
    """Why a recording ends before its broadcast."""

    DISK = "disk"
    LENGTH = "length"
    BROKEN = "broken"


@dataclass(frozen=True)
class RecordPlan:
    """Where to record, and how much at most."""

    root: Path
    max_s: float
    min_free_bytes: int


@dataclass
class _Track:
    """One rendition's file and playlist, open for appending."""

    name: str
    data: int
    index: int
    first_msn: int
    count: int = 0
    end: int = 0
    seconds: float = 0.0
    init: ByteRange | None = None
    init_uri: str = ""
    init_bytes: bytes = b""
    recent: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=4 * CAN_SKIP_UNTIL_S))

    @property
    def next_msn(self) -> int:
        return self.first_msn + self.count

    def close(self) -> None:
        os.close(self.data)
        os.close(self.index)


class Recorder:
    """Records one media path; one instance for one packager."""

    def __init__(self, plan: RecordPlan, store: MediaStore) -> None:
        self._plan, self._store = plan, store
        self._tracks: dict[str, _Track] = {}
        self.stopped = ""
        try:
            plan.root.mkdir(parents=True, exist_ok=True)
            self.stopped = read_stop_reason(plan.root)
        except OSError as error:
            self._stop(error)

    def take_up(self, name: str, segments: Iterable[Segment]) -> None:
        """Record what a predecessor finished and had no time to record."""
        for segment in segments:
            data = self._store.read(f"{name}/{segment.uri}") if segment.is_closed else None
            if data is not None:
                self.add(name, segment, data)

    def add(self, name: str, segment: Segment, data: bytes) -> None:
        """Append a finished segment; one that is there already is left out. Raises Fenced."""
        if self.stopped or not data:
            return
        try:
            with self._store.fenced():
                track = self._track(name, segment.msn)
                if segment.msn >= track.next_msn:
                    self._append(track, segment, data)
        except (OSError, ValueError) as error:
            self._stop(error)

    def _append(self, track: _Track, segment: Segment, data: bytes) -> None:
        if track.name == SOURCE and not self._may_go_on(track):
            return
        init = self._new_init(track, segment)
        if init is None:
            return
        texts = [self._index(track, gap) for gap in self._missing(track, segment)]
        start = track.end
        if init:
            track.init = ByteRange(start, len(init))
            start += len(init)
        media = ByteRange(start, len(data))
        _write_at(track.data, init + data, track.end)
        track.end = media.end
        entry = Entry(segment.length, segment.at, media, track.init, segment.is_discontinuity)
        texts.append(self._index(track, entry, is_new_init=bool(init)))
        _write_all(track.index, "".join(texts).encode())
        self._replace(delta_of(track.name), render_delta(track.first_msn, track.recent, track.count))

    @staticmethod
    def _index(track: _Track, entry: Entry, *, is_new_init: bool = False) -> str:
        text = render_entry(entry, None if is_new_init else track.init, file_of(track.name))
        track.recent.append((entry.duration, text))
        track.count += 1
        track.seconds += entry.duration
        return text

    def _new_init(self, track: _Track, segment: Segment) -> bytes | None:
        """The segment's init section when it is a new one, b"" when it isn't, None when it is lost."""
        if track.init_uri == segment.init_uri:
            return b""
        init = self._store.read(f"{track.name}/{segment.init_uri}")
        if init is None:
            log.warning("recording %s: init section %s is gone", self._plan.root.name, segment.init_uri)
            return None
        is_same = init == track.init_bytes
        track.init_uri, track.init_bytes = segment.init_uri, init
        return b"" if is_same else init

    def _missing(self, track: _Track, segment: Segment) -> list[Entry]:
        """Gaps for the segments that this rendition hasn't, as long as the source's."""
        wanted = range(track.next_msn, segment.msn)
        if not wanted:
            return []
        whole = Index()
        with suppress(FileNotFoundError):
            whole = parse_index((self._plan.root / playlist_of(SOURCE)).read_text())
        known = dict(enumerate(whole.entries, whole.first_msn))
        unknown = Entry(_UNKNOWN_S, segment.at, None, None)
        entries = [known.get(number, unknown) for number in wanted]
        return [Entry(entry.duration, entry.at, None, track.init, entry.is_discontinuity) for entry in entries]

    def _may_go_on(self, track: _Track) -> bool:
        if track.seconds >= self._plan.max_s:
            self._stop(StopReason.LENGTH)
            return False
        disk = os.statvfs(self._plan.root)
        if disk.f_bavail * disk.f_frsize < self._plan.min_free_bytes:
            self._stop(StopReason.DISK)
            return False
        return True

    def _track(self, name: str, msn: int) -> _Track:
        track = self._tracks.get(name)
        if track is None:
            track = self._tracks[name] = self._open(name, msn)
        return track

    def _open(self, name: str, msn: int) -> _Track:
        """Take a rendition's files up where their index ends, or begin them."""
        root = self._plan.root
        index = restore(root, name)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        track = _Track(name, os.open(root / file_of(name), flags, 0o644), -1, index.first_msn)
        track.index = os.open(root / playlist_of(name), flags | os.O_APPEND, 0o644)
        if not index.entries:
            source = self._tracks.get(SOURCE)
            track.first_msn = min(msn, source.first_msn) if source else msn
            os.truncate(track.index, 0)
            _write_all(track.index, render_head(track.first_msn).encode())
            return track
        track.count, track.seconds, track.end = len(index.entries), index.duration_s, index.media_end
        track.init = index.entries[-1].init
        if track.init is not None:
            track.init_bytes = os.pread(track.data, track.init.size, track.init.offset)
        init = None
        for entry in index.entries[-(track.recent.maxlen or 0) :]:
            track.recent.append((entry.duration, render_entry(entry, init, file_of(name))))
            init = entry.init
        return track

    def write_master(self, variants: Sequence[Variant]) -> None:
        """The multivariant playlist for those who rewind."""
        if self.stopped:
            return
        try:
            with self._store.fenced():
                self._replace(MASTER, render_multivariant(variants, uri="{name}.m3u8"))
        except OSError as error:
            self._stop(error)

    def _replace(self, name: str, text: str) -> None:
        path = self._plan.root / name
        draft = path.with_name(f"{name}.tmp")
        draft.write_text(text)
        draft.rename(path)

    def _stop(self, why: StopReason | Exception) -> None:
        """Record no more, and keep the reason for whoever finishes the recording."""
        reason = why if isinstance(why, StopReason) else StopReason.BROKEN
        if isinstance(why, OSError) and why.errno in _FULL:
            reason = StopReason.DISK
        self.stopped = reason
        log.warning("recording %s stops: %s", self._plan.root.name, why)
        with suppress(OSError):
            (self._plan.root / STOPPED).write_text(reason)

    def end(self) -> None:
        """The broadcast is over: whoever rewinds is told that no more comes."""
        try:
            with self._store.fenced():
                for path in self._plan.root.glob("*.mp4"):
                    _end_playlist(self._plan.root, path.stem)
        except OSError as error:
            log.warning("recording %s not ended, its finishing does it: %s", self._plan.root.name, error)

    def close(self) -> None:
        for track in self._tracks.values():
            track.close()
        self._tracks.clear()


def restore(root: Path, name: str) -> Index:
    """Bring a rendition's file and playlist to the last entry that both have whole; answers the index.

    Raises ValueError for a playlist that isn't ours.
    """
    playlist, media = root / playlist_of(name), root / file_of(name)
    try:
        index = parse_index(playlist.read_text())
    except FileNotFoundError:
        return Index()
    except ValueError:
        # A machine that lost its power in the first seconds leaves an empty file.
        if playlist.stat().st_size:
            raise
        return Index()
    size = media.stat().st_size if media.exists() else 0
    kept = len(index.entries)
    while kept and not _is_whole(media, size, index.entries[kept - 1]):
        kept -= 1
    if kept < len(index.entries):
        log.warning("recording %s: %s lost its last %d segments", root.name, name, len(index.entries) - kept)
        index = Index(index.first_msn, index.entries[:kept])
        text = render_head(index.first_msn)
        before = None
        for entry in index.entries:
            text += render_entry(entry, before, file_of(name))
            before = entry.init
        playlist.write_text(text)
    elif playlist.stat().st_size != index.text_length:
        os.truncate(playlist, index.text_length)
    index.is_ended = False
    if size > index.media_end:
        os.truncate(media, index.media_end)
    return index


def _is_whole(media: Path, size: int, entry: Entry) -> bool:
    """Whether an entry's bytes are there; after a power cut a file may end in nothing but noughts."""
    if entry.media is None:
        return True
    if entry.media.end > size:
        return False
    with media.open("rb") as file:
        file.seek(entry.media.offset)
        return file.read(8)[4:] == b"moof"


def _end_playlist(root: Path, name: str) -> None:
    """EXT-X-ENDLIST, once; a delta update must not leave out segments of a playlist that has it (4.4.5.2)."""
    playlist = root / playlist_of(name)
    with playlist.open("r+b") as file:
        file.seek(-min(len(_ENDLIST), playlist.stat().st_size), os.SEEK_END)
        if file.read() != _ENDLIST.encode():
            file.write(_ENDLIST.encode())
    draft = root / f"{delta_of(name)}.tmp"
    shutil.copyfile(playlist, draft)
    draft.rename(root / delta_of(name))


def read_stop_reason(root: Path) -> str:
    """Why a recording stopped early; "" when it didn't."""
    with suppress(FileNotFoundError, ValueError):
        return StopReason((root / STOPPED).read_text())
    return ""


def end_recording(root: Path) -> dict[str, Index]:
    """Bring a recording whose packager is gone into its final shape, on disk for good; its renditions by name.

    Raises ValueError for files that aren't ours, OSError for a disk that fails.
    """
    found = {}
    for path in sorted(root.glob("*.mp4")):
        if not (root / playlist_of(path.stem)).exists():
            continue
        index = restore(root, path.stem)
        if not index.recorded_s:
            continue
        _end_playlist(root, path.stem)
        for file in (path, root / playlist_of(path.stem)):
            _sync(file)
        found[path.stem] = index
    if root.exists():
        _sync(root)
    return found


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
