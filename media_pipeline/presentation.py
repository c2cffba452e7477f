"""All renditions of a broadcast together: what is shown, in step, and the multivariant playlist over it."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from media_pipeline.boxes import (
    Fragment,
    Init,
    Track,
    audio_fragment,
    audio_init,
    iter_boxes,
    parse_fragment,
    parse_init,
)
from media_pipeline.date_ranges import Placed
from media_pipeline.feeds import Output
from media_pipeline.ladder import AUDIO, SOURCE
from media_pipeline.line import PLAYLIST, Announced, Line
from media_pipeline.playlist import MediaPlaylist, Report, Variant, parse_own, render_multivariant
from media_pipeline.positions import PositionPublisher
from media_pipeline.recorder import Recorder
from media_pipeline.store import MediaStore, pack, unpack
from media_pipeline.timeline import Boundary, Timeline

log = logging.getLogger(__name__)

MASTER = "master.m3u8"
_MASTER_WAITS_S = 0.5
_WAITING_FRAGMENTS = 30
_AAC_FRAME = 1024


class Presentation:
    """What viewers of one media path see. The source leads; the others follow its segments."""

    def __init__(
        self,
        media_path: str,
        store: MediaStore,
        publisher: PositionPublisher,
        hold_back_s: float,
        window_s: float,
        *,
        audio_rendition: bool = True,
        recorder: Recorder | None = None,
        announced: Announced = tuple,
    ) -> None:
        self._announced = Placed(announced, lambda: self._timeline.shift)
        self._audio_rendition = audio_rendition
        self._recorder = recorder
        self._on_segment = recorder.add if recorder else None
        self._media_path, self._store, self._publisher = media_path, store, publisher
        self._hold_back_s, self._window_s = hold_back_s, window_s
        self._lines: dict[str, Line] = {}
        self._withdrawn: set[str] = set()
        self._waiting: dict[str, deque[tuple[Output, Fragment, float]]] = {}
        self._timeline = Timeline(0, 0, resumes_at=None)
        self._next_msn, self._sequence = 0, 0
        self._last_end: float | None = None
        self._master = ""
        self._first_at: float | None = None
        self._expected: set[str] = set()
        self.has_media = False

    def resume(self) -> None:
        """Take up what a predecessor left: its playlists are read back, its open segments closed."""
        for path in sorted(self._store.root.glob(f"*/{PLAYLIST}.gz")):
            try:
                playlist = parse_own(unpack(path.read_bytes()))
            except ValueError as error:
                log.warning("%s can't be taken up: %s", path, error)
                continue
            playlist.window_s, playlist.hold_back_s = self._window_s, self._hold_back_s
            self._announced.take_up(playlist.date_ranges.values())
            name = path.parent.name
            self._lines[name] = self._new_line(name, playlist)
            if self._recorder is not None:
                self._recorder.take_up(name, playlist.segments)
        source = self._lines.get(SOURCE)
        if source is not None and source.playlist.segments:
            self.has_media = True
            self._last_end = self._end_on_disk(source.playlist)
        self.close(ended=False)

    def _end_on_disk(self, playlist: MediaPlaylist) -> float | None:
        """Where the last part ends on the encoder's clock, read out of its file."""
        last = playlist.segments[-1]
        init_data = self._store.read(f"{SOURCE}/{last.init_uri}")
        data = self._store.read(f"{SOURCE}/{last.parts[-1].uri}") if last.parts else None
        if init_data is None or data is None:
            return None
        init = parse_init(init_data)
        end = None
        boxes = [box for box in iter_boxes(data) if box.kind in (b"moof", b"mdat")]
        for moof, mdat in zip(boxes[::2], boxes[1::2], strict=True):
            fragment = parse_fragment(data[moof.start : moof.end], data[mdat.start : mdat.end], init)
            end = fragment.end if fragment.frames else end
        return end

    def begin_run(self, *, same_clock: bool) -> None:
        """Start on a new reading of an encoder; with `same_clock` of the one that was read before."""
        self._waiting.clear()
        last_msn = -1
        for line in self._lines.values():
            if line.playlist.segments:
                last_msn = max(last_msn, line.playlist.segments[-1].msn)
        source = self._lines.get(SOURCE)
        if source is not None and source.playlist.segments:
            playlist = source.playlist
            self._sequence = playlist.discontinuity_sequence + sum(s.is_discontinuity for s in playlist.segments)
        self._next_msn = last_msn + 1
        end = self._timeline.end if self._timeline.current else self._last_end
        self._timeline = Timeline(self._next_msn, self._sequence, resumes_at=end if same_clock else None)

    @property
    def has_started_run(self) -> bool:
        return self._timeline.current is not None

    @property
    def source_end(self) -> float:
        return self._timeline.end or 0.0

    def expect(self, names: Iterable[str]) -> None:
        """Renditions the multivariant playlist waits a moment for, so that the first viewers see them too."""
        self._expected = set(names)

    def _line(self, name: str) -> Line:
        line = self._lines.get(name)
        if line is None:
            playlist = MediaPlaylist(hold_back_s=self._hold_back_s, window_s=self._window_s)
            line = self._lines[name] = self._new_line(name, playlist)
        return line

    def _new_line(self, name: str, playlist: MediaPlaylist) -> Line:
        store, publisher = self._store, self._publisher
        return Line(name, self._media_path, store, publisher, playlist, self._on_segment, self._announced)

    def place(
        self,
        init: Init,
        fragment: Fragment,
        start: float,
        carried: Sequence[Fragment],
        *,
        now: datetime,
        breaks: bool = False,
    ) -> None:
        """Publish a fragment of the source, with what it carries along, and its sound as the audio rendition."""
        breaks = breaks or self._has_new_shape(init)
        boundary = self._timeline.place(
            start, fragment.duration, is_independent=fragment.is_independent, now=now, breaks=breaks
        )
        data = b"".join(kept.data for kept in (*carried, fragment)) if carried else b""
        self._append(SOURCE, init, fragment, boundary, data)
        self._place_audio(init, [*carried, fragment], boundary)
        self.follow_kept()
        self._write_master()

    def _has_new_shape(self, init: Init) -> bool:
        """Another codec or picture size than that of the part before: players must be told (4.4.4.3)."""
        line = self._lines.get(SOURCE)
        before = line.init if line else None
        return before is not None and [_shape(track) for track in before.tracks] != [_shape(t) for t in init.tracks]

    def place_sound(self, init: Init, carried: Sequence[Fragment], seconds: float, *, now: datetime) -> None:
        """Publish sound alone: the picture has stopped for the time being."""
        start = self._timeline.end or 0.0
        boundary = self._timeline.place(start, seconds, is_independent=False, now=now)
        whole = b"".join(kept.data for kept in carried)
        self._append(SOURCE, init, Fragment(whole, start, seconds, False, 0, 0.0, ()), boundary)
        self._place_audio(init, carried, boundary)

    def _place_audio(self, init: Init, fragments: Iterable[Fragment], boundary: Boundary) -> None:
        if init.video is None or init.audio is None or not self._audio_rendition:
            return
        line = self._line(AUDIO)
        only = audio_init(init)
        sounds = [sound for fragment in fragments if (sound := audio_fragment(fragment, init)) is not None]
        if not sounds:
            return
        if not line.playlist.part_target_s and init.audio.sample_rate:
            # Sound is cut where the picture is: a frame of it more or less.
            source = self._line(SOURCE).playlist.part_target_s
            line.playlist.part_target_s = round(source + _AAC_FRAME / init.audio.sample_rate + 0.0005, 3)
        whole = sounds[0]
        if len(sounds) > 1:
            data = b"".join(sound.data for sound in sounds)
            seconds = sum(sound.duration for sound in sounds)
            whole = Fragment(data, sounds[0].start, seconds, True, sum(s.frames for s in sounds), 0.0, ())
        self._append(AUDIO, only, whole, boundary)

    def _append(self, name: str, init: Init, fragment: Fragment, boundary: Boundary, data: bytes = b"") -> None:
        line = self._line(name)
        line.use_init(init)
        line.append(fragment, boundary, self._reports_but(name), data)
        self.has_media = True

    def follow(self, output: Output, fragment: Fragment, start: float) -> None:
        """Publish a fragment of a lower rendition, or keep it until the source is there."""
        if not fragment.frames or output.init is None or self._timeline.is_before(start):
            return
        self.keep(output, fragment, start)
        self.follow_kept()
        self._write_master()

    def keep(self, output: Output, fragment: Fragment, start: float) -> None:
        self._waiting.setdefault(output.rendition, deque(maxlen=_WAITING_FRAGMENTS)).append((output, fragment, start))

    def follow_kept(self) -> None:
        """Publish what lower renditions have ready, as far as the source is."""
        for name, waiting in self._waiting.items():
            while waiting:
                output, fragment, start = waiting[0]
                boundary = self._timeline.follow(start)
                if boundary is None:
                    break
                waiting.popleft()
                if output.init is not None and self._may_follow(name, fragment, start, boundary):
                    self._append(name, output.init, fragment, boundary)

    def _may_follow(self, name: str, fragment: Fragment, start: float, boundary: Boundary) -> bool:
        """A rendition that joins, or joins again, does so at the start of a segment and with a key frame."""
        segments = self._line(name).playlist.segments
        if segments and not segments[-1].is_closed and segments[-1].msn == boundary.msn:
            return True
        opens = abs(start - boundary.start) < 0.05
        continues = bool(segments) and not segments[-1].is_closed and segments[-1].msn == boundary.msn - 1
        return (opens and fragment.is_independent) or (continues and opens)

    def _reports_but(self, name: str) -> "Callable[[], list[Report]]":
        def reports() -> list[Report]:
            others = (line.report for other, line in self._lines.items() if other != name)
            return [report for report in others if report is not None]

        return reports

    def close(self, *, ended: bool) -> None:
        for name, line in self._lines.items():
            if name not in self._withdrawn:
                line.close(self._reports_but(name), ended=ended)
        if ended and self._recorder is not None:
            self._recorder.end()

    def withdraw(self, names: Iterable[str]) -> None:
        """Take renditions away for the rest of the broadcast."""
        for name in names:
            self._withdrawn.add(name)
            self._waiting.pop(name, None)
            line = self._lines.pop(name, None)
            if line is not None:
                line.withdraw()
        self._write_master()

    def bandwidth(self, name: str) -> tuple[int, int]:
        line = self._lines.get(name)
        return line.bandwidth if line else (0, 0)

    def frame_rate(self, name: str) -> float:
        line = self._lines.get(name)
        return line.frame_rate if line else 0.0

    def _write_master(self) -> None:
        """Write the multivariant playlist anew when what it says has changed."""
        if self._first_at is None:
            self._first_at = time.monotonic()
        ready = {name for name, line in self._lines.items() if line.init is not None}
        if not self._master and self._expected - ready and time.monotonic() - self._first_at < _MASTER_WAITS_S:
            return
        variants = [variant for name in ready if (variant := self._variant(self._lines[name])) is not None]
        variants.sort(key=lambda variant: (variant.name != SOURCE, not variant.width, -variant.height))
        text = render_multivariant(variants)
        if text != self._master and variants:
            self._store.write([pack(MASTER, text)])
            if self._recorder is not None:
                self._recorder.write_master(variants)
            self._master = text

    @staticmethod
    def _variant(line: Line) -> Variant | None:
        init = line.init
        peak, average = line.bandwidth
        if init is None or not peak:
            return None
        video = init.video
        return Variant(
            name=line.name,
            bandwidth=_round_up(peak),
            average_bandwidth=_round_up(average),
            codecs=init.codecs,
            width=video.width if video else 0,
            height=video.height if video else 0,
            frame_rate=line.frame_rate,
        )


def _shape(track: Track) -> tuple[str, int, int, int]:
    return track.codec, track.width, track.height, track.sample_rate


def _round_up(rate: int) -> int:
    """A rate with 5 % to spare, in steps of an eighth: the playlist isn't written anew for every wiggle."""
    rate += rate // 20
    step = max(8000, 1 << max(0, rate.bit_length() - 4))
    return -(-rate // step) * step
