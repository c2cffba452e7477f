"""One rendition's files: parts, segments, init sections and playlists, written as fragments come."""

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from media_pipeline.boxes import Fragment, Init
from media_pipeline.date_ranges import DateRange
from media_pipeline.playlist import MediaPlaylist, Part, Report, Segment
from media_pipeline.positions import Position, PositionPublisher
from media_pipeline.store import MediaStore, pack
from media_pipeline.timeline import Boundary

PLAYLIST, DELTA = "media.m3u8", "media.delta.m3u8"
_PART_S = 1 / 3
_SURE_AFTER_S = 10.0
_COMMON_RATES = (23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60)

Reports = Callable[[], Iterable[Report]]
Announced = Callable[[], Iterable[DateRange]]
OnSegment = Callable[[str, Segment, bytes], None]


class Line:
    """A rendition as viewers see it. Segments that leave the playlist leave the disk one window later."""

    def __init__(
        self,
        name: str,
        media_path: str,
        store: MediaStore,
        publisher: PositionPublisher,
        playlist: MediaPlaylist,
        on_segment: OnSegment | None = None,
        announced: Announced = tuple,
    ) -> None:
        """`on_segment` is given the rendition's name, each segment that is finished, and its bytes.

        `announced` answers at once which date ranges the playlist is to list.
        """
        self.name = name
        self._announced = announced
        self._on_segment = on_segment
        self.playlist = playlist
        self.init: Init | None = None
        self.peak_bps = 0
        self.total_bytes, self.total_s = 0, 0.0
        self.frame_rate = 0.0
        self._frames, self._frames_s = 0, 0.0
        self._key = f"{media_path}/{name}"
        self._store = store
        self._publisher = publisher
        self._init_uri = ""
        self._init_count = 0
        self._open_bytes: list[bytes] = []
        self._removable: deque[Segment] = deque()
        self._position: Position | None = None
        if playlist.segments:
            last = playlist.segments[-1]
            self._position = Position(self._key, store.epoch, last.msn, max(0, len(last.parts) - 1), last.is_closed)

    def use_init(self, init: Init) -> None:
        """Take an init section into use for what comes next; writes it when it is a new one."""
        if self.init is not None and self.init.data == init.data:
            return
        self._init_uri = f"{self._store.epoch}-init{self._init_count}.mp4"
        self._init_count += 1
        self._store.write([(f"{self.name}/{self._init_uri}", init.data)])
        self.init = init

    def append(self, fragment: Fragment, boundary: Boundary, reports: Reports, data: bytes = b"") -> None:
        """Publish a fragment as the next part of the segment that `boundary` opens.

        `data` replaces the fragment's bytes where something is carried along. Raises Fenced.
        """
        data = data or fragment.data
        segment = self._segment_for(boundary)
        files: list[tuple[str, bytes]] = []
        if segment is None:
            files += self._close_open_segment()
            segment = self._open_segment(boundary)
        uri = f"{self._store.epoch}-{segment.msn}.{len(segment.parts)}.m4s"
        segment.parts.append(Part(uri, fragment.duration, fragment.is_independent, len(data)))
        self._open_bytes.append(data)
        self._measure(fragment)
        self.playlist.hint_uri = self._next_part_uri(segment)
        files.append((f"{self.name}/{uri}", data))
        self._publish(files, reports, Position(self._key, self._store.epoch, segment.msn, len(segment.parts) - 1))
        self._remove_old()

    def _segment_for(self, boundary: Boundary) -> Segment | None:
        last = self.playlist.segments[-1] if self.playlist.segments else None
        return last if last and not last.is_closed and last.msn == boundary.msn else None

    def _open_segment(self, boundary: Boundary) -> Segment:
        segments = self.playlist.segments
        breaks = self.playlist.discontinuity_sequence + sum(segment.is_discontinuity for segment in segments)
        follows = breaks + boundary.is_discontinuity == boundary.discontinuity_sequence
        if segments and (segments[-1].msn != boundary.msn - 1 or not follows):
            # Numbers in a playlist are consecutive, and the same in all renditions: after a hole it begins anew.
            self._removable += segments
            segments.clear()
        if not segments:
            self.playlist.discontinuity_sequence = boundary.discontinuity_sequence - boundary.is_discontinuity
        segment = Segment(boundary.msn, self._init_uri, boundary.at, boundary.is_discontinuity)
        segments.append(segment)
        return segment

    def _close_open_segment(self) -> list[tuple[str, bytes]]:
        """Give the open segment its own file; the edge sends it to players that know no parts."""
        segment = self.playlist.segments[-1] if self.playlist.segments else None
        if segment is None or segment.is_closed:
            return []
        data = b"".join(self._open_bytes)
        if len(self._open_bytes) != len(segment.parts):
            # Parts of a predecessor: they are on disk, or lost with its node.
            data = self._store.join(f"{self.name}/{part.uri}" for part in segment.parts)
        self._open_bytes = []
        segment.duration = segment.length
        segment.uri = f"{self._store.epoch}-{segment.msn}.m4s"
        if segment.duration:
            self.peak_bps = max(self.peak_bps, round(len(data) * 8 / segment.duration))
            self.total_bytes += len(data)
            self.total_s += segment.duration
        if self._on_segment is not None:
            self._on_segment(self.name, segment, data)
        self._removable += self.playlist.drop_old()
        return [(f"{self.name}/{segment.uri}", data)]

    def close(self, reports: Reports, *, ended: bool = False) -> None:
        """Close the open segment because the encoder is gone; with `ended` for good."""
        files = self._close_open_segment()
        if not self.playlist.segments or (not files and not ended):
            return
        self.playlist.is_ended = ended
        self.playlist.hint_uri = ""
        segment = self.playlist.segments[-1]
        last = max(0, len(segment.parts) - 1)
        self._publish(
            files, reports, Position(self._key, self._store.epoch, segment.msn, last, is_closed=True, is_ended=ended)
        )

    def _publish(self, files: list[tuple[str, bytes]], reports: Reports, position: Position) -> None:
        self._position = position
        known = list(reports())
        self.playlist.announce(self._announced())
        files.append(pack(f"{self.name}/{DELTA}", self.playlist.render(known, skip=True)))
        files.append(pack(f"{self.name}/{PLAYLIST}", self.playlist.render(known)))
        self._store.write(files)
        self._publisher.publish(position)

    @property
    def report(self) -> Report | None:
        """Where this rendition stands, as the others tell it."""
        if self._position is None:
            return None
        return Report(f"../{self.name}/{PLAYLIST}", self._position.msn, self._position.part)

    def _next_part_uri(self, segment: Segment) -> str:
        """The part that comes next: when the segment is as long as the one before, the first of another."""
        before = self.playlist.segments[-2] if len(self.playlist.segments) > 1 else None
        msn, part = segment.msn, len(segment.parts)
        if before is not None and segment.length >= before.duration - _PART_S / 10:
            msn, part = msn + 1, 0
        return f"{self._store.epoch}-{msn}.{part}.m4s"

    def _measure(self, fragment: Fragment) -> None:
        if self.init is not None and self.init.video and fragment.frames and fragment.duration:
            self._frames, self._frames_s = self._frames + fragment.frames, self._frames_s + fragment.duration
            self.frame_rate = snap_rate(self._frames, self._frames_s)
            if not self.playlist.part_target_s:
                self.playlist.part_target_s = part_target(fragment.frames, fragment.duration)
        # A stream of uneven frame rate may have a longer part than any before it.
        longest = math.ceil(fragment.duration * 1000) / 1000
        self.playlist.part_target_s = max(self.playlist.part_target_s, longest)

    @property
    def bandwidth(self) -> tuple[int, int]:
        """Peak and average in bits per second: of whole segments, of the first parts before there is one."""
        if self.total_s:
            return self.peak_bps, round(self.total_bytes * 8 / self.total_s)
        parts = self.playlist.segments[-1].parts if self.playlist.segments else []
        seconds = sum(part.duration for part in parts)
        rate = round(sum(part.size for part in parts) * 8 / seconds) if seconds else 0
        return rate, rate

    def _remove_old(self) -> None:
        """Files stay for as long again as the playlist is, for whoever still holds an old one (6.2.2)."""
        kept = sum(segment.length for segment in self._removable)
        names: list[str] = []
        while self._removable and kept > self.playlist.window_s:
            segment = self._removable.popleft()
            kept -= segment.length
            names += (f"{self.name}/{uri}" for uri in (segment.uri, *(part.uri for part in segment.parts)) if uri)
        self._store.remove(names)

    def withdraw(self) -> None:
        """Take the rendition away: it can't keep up. Players go to another."""
        if self._position is not None:
            self._publisher.publish(replace(self._position, is_ended=True))
        self._store.remove(f"{self.name}/{name}.gz" for name in (PLAYLIST, DELTA))


def snap_rate(frames: int, seconds: float) -> float:
    """Frames a second, as the nominal rate they stand for when there is one within half a percent.

    RTMP counts milliseconds: 29.97 can't be told from 30 before some seconds have passed.
    """
    rate = frames / seconds
    rates = _COMMON_RATES if seconds > _SURE_AFTER_S else [known for known in _COMMON_RATES if known == round(known)]
    nearest = min(rates, key=lambda known: abs(known - rate))
    return nearest if abs(nearest - rate) <= nearest * 0.005 else round(rate, 3)


def part_target(frames: int, duration: float) -> float:
    """A part target in seconds: the first number of whole frames that isn't below a third of a second.

    A little is added for encoders whose clock wobbles, since the target must not change (RFC 8216bis 6.2.1); so
    little that a part with a frame less is still at least 85 % of it (4.4.4.9).
    """
    frame = duration / frames
    return math.ceil((math.ceil(_PART_S / frame - 0.1) + 0.4) * frame * 1000) / 1000
