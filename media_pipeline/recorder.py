"""Keeps what a broadcast sent: each finished segment is appended to one file a rendition, and indexed beside it.

Data first, then its index entry, both under the store's fence: a packager that is killed between the two leaves bytes
that nobody speaks for, and its successor cuts them off. Nothing is flushed to disk while the broadcast lasts, which
would hold up the media: a power cut may cost what the kernel hasn't written yet, half a minute, a killed process
nothing. A recorder that can't go on stops, and says why; the broadcast itself never notices.
"""

import errno
import logging
import os
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
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
from media_pipeline.recording_files import MASTER, STOPPED, StopReason, end_playlist, read_stop_reason, restore
from media_pipeline.store import MediaStore

log = logging.getLogger(__name__)

# What a gap lasts of which nobody knows how long it was.
_UNKNOWN_S = 0.04
_FULL = (errno.ENOSPC, errno.EDQUOT)


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
                    end_playlist(self._plan.root, path.stem)
        except OSError as error:
            log.warning("recording %s not ended, its finishing does it: %s", self._plan.root.name, error)

    def close(self) -> None:
        for track in self._tracks.values():
            track.close()
        self._tracks.clear()


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
