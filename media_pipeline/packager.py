"""The packager of one broadcast: ffmpeg's pipes in, LL-HLS out.

One `run` packages one encoder session for as long as its readers live. It answers why it stopped; what that means
for the broadcast is for the caller to decide.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from selectors import DefaultSelector

from media_pipeline import commands
from media_pipeline.boxes import Fragment, Init, MalformedMedia
from media_pipeline.feeds import Feed, Output
from media_pipeline.ladder import LOWER_COST, SOURCE, SOURCE_COST, EncoderBudget, Rendition
from media_pipeline.line import Announced
from media_pipeline.passage import Passage, Serving
from media_pipeline.positions import PositionPublisher
from media_pipeline.presentation import Presentation
from media_pipeline.recorder import Recorder, RecordPlan
from media_pipeline.store import MediaStore
from media_pipeline.timeline import EPSILON_S

log = logging.getLogger(__name__)

_TICK_S = 0.1
_SHED_AFTER_S, _SHED_BEHIND_S = 8.0, 4.0
_RETRY_LOWER_S = 2.0
_CARRIED_S, _DRAIN_S = 1.0, 1.0
_ENCODER_NICE = 5


class Outcome(StrEnum):
    """Why a run stopped."""

    ENDED = "ended"
    CRASHED = "crashed"
    RESTART = "restart"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Job:
    """What to package. `resumes` is set for a session that another packager has read from before."""

    session: str
    url: str
    live_dir: Path
    media_path: str
    epoch: int
    ladder: tuple[Rendition, ...]
    hold_back_s: float
    window_s: float
    source_bitrate_bps: int
    audio: str = "copy"
    audio_rendition: bool = True
    resumes: bool = False
    record: RecordPlan | None = None


@dataclass
class Health:
    """What a run knows of the stream, for the studio. Rates in bits and frames per second."""

    session: str = ""
    serving: str = Serving.COPY
    gop_s: float = 0.0
    bitrate_bps: int = 0
    frame_rate: float = 0.0
    width: int = 0
    height: int = 0
    codecs: str = ""
    shed: list[str] = field(default_factory=list)
    reencode_failed: bool = False
    parts: int = 0


class Packager:
    """Packages one broadcast; one instance for one lease."""

    def __init__(
        self,
        job: Job,
        publisher: PositionPublisher,
        budget: EncoderBudget,
        *,
        stopping: Callable[[], bool],
        on_readers: Callable[[int], None] = lambda count: None,
        has_picture: Callable[[], bool] = lambda: False,
        announced: Announced = tuple,
    ) -> None:
        """`stopping` is asked ten times a second; `on_readers` is told how many readers a fresh run starts.

        `has_picture` is asked once, when a run reads sound alone: a reader that came a moment too late takes a stream
        for sound before its next key frame comes. `announced` is asked at each part, and answers at once.
        """
        self.job = job
        self.health = Health(session=job.session)
        self._budget = budget
        self._stopping = stopping
        self._on_readers = on_readers
        self._has_picture = has_picture
        self._store = MediaStore(job.live_dir / job.media_path, job.epoch)
        self._store.claim()
        self._recorder = Recorder(job.record, self._store) if job.record else None
        self._show = Presentation(
            job.media_path,
            self._store,
            publisher,
            job.hold_back_s,
            job.window_s,
            audio_rendition=job.audio_rendition,
            recorder=self._recorder,
            announced=announced,
        )
        self._show.resume()

    def run(self) -> Outcome:
        """Package until the session's stream ends, ffmpeg fails, or `stopping` says so. Raises Fenced."""
        run = _Run(self.job, self._show, self._budget, self._store, self.health, self._has_picture)
        try:
            run.start(self._on_readers)
            return run.loop(self._stopping)
        finally:
            run.stop()

    def resume_clock(self) -> None:
        """The next run reads the same session again: on the same clock, and late."""
        self.job = replace(self.job, resumes=True)

    def finish(self, *, ended: bool) -> None:
        """Close what is open: the encoder is gone, or with `ended` the broadcast is over."""
        self._show.close(ended=ended)

    def close(self) -> None:
        if self._recorder is not None:
            self._recorder.close()
        self._store.close()


class _Run:
    """One time of reading one session."""

    def __init__(
        self,
        job: Job,
        show: Presentation,
        budget: EncoderBudget,
        store: MediaStore,
        health: Health,
        has_picture: Callable[[], bool],
    ) -> None:
        self._job, self._show, self._budget, self._store, self._health = job, show, budget, store, health
        self._has_picture = has_picture
        self._is_sound_alone: bool | None = None
        self._selector = DefaultSelector()
        self._feeds: dict[str, Feed] = {}
        self._taken: dict[str, int] = {}
        self._started = time.monotonic()
        self._lower_retry_at: float | None = None
        self._carried: list[Fragment] = []
        serving = _read_mode(store, job.session)
        self._passage = Passage(serving, is_trial=not job.resumes and serving is Serving.COPY)
        show.begin_run(same_clock=job.resumes)

    def start(self, on_readers: Callable[[int], None]) -> None:
        """Start the readers: before the encoder is let in when the session is fresh."""
        wanted = ["grid"] if self._passage.serving is Serving.GRID else ["copy"]
        if self._passage.serving is Serving.COPY:
            lower = LOWER_COST * len(self._job.ladder)
            if lower and self._take("lower", lower):
                wanted.append("lower")
            if self._passage.is_trial and self._take("grid", SOURCE_COST):
                wanted.append("grid")
        else:
            self._take("grid", SOURCE_COST)
        if not self._job.resumes:
            on_readers(len(wanted))
        for name in wanted:
            self._start_feed(name)

    def _take(self, name: str, units: int) -> bool:
        if self._taken.get(name) or self._budget.take(units):
            self._taken[name] = units
            return True
        return False

    def _start_feed(self, name: str) -> None:
        job = self._job
        is_first = not job.resumes and time.monotonic() - self._started < 1
        lower = [] if "lower" in self._health.shed else self._smaller_than_source()

        def make(pipes: Sequence[int]) -> list[str]:
            if name == "copy":
                return commands.copy_command(job.url, pipes[0], audio=job.audio, is_first=is_first)
            if name == "lower":
                pairs = list(zip(lower, pipes, strict=True))
                return commands.lower_command(job.url, pairs, audio=job.audio, is_first=is_first)
            pairs = list(zip(lower, pipes[1:], strict=True))
            rate = job.source_bitrate_bps
            return commands.grid_command(job.url, pipes[0], pairs, bitrate_bps=rate, audio=job.audio, is_first=is_first)

        names = [rendition.name for rendition in lower]
        renditions = [SOURCE] if name == "copy" else names if name == "lower" else [SOURCE, *names]
        feed = Feed(name, renditions, make, nice=0 if name == "copy" else _ENCODER_NICE)
        feed.register(self._selector)
        self._feeds[name] = feed

    def _smaller_than_source(self) -> list[Rendition]:
        """The rungs that make the picture smaller; all of them while its size isn't known."""
        height = self._health.height
        return [rung for rung in self._job.ladder if not height or rung.height < height]

    def _stop_feed(self, name: str) -> int:
        feed = self._feeds.pop(name, None)
        self._budget.give(self._taken.pop(name, 0))
        return feed.stop(self._selector) if feed else 0

    def stop(self) -> None:
        for name in list(self._feeds):
            self._stop_feed(name)
        for units in self._taken.values():
            self._budget.give(units)
        self._taken.clear()
        self._selector.close()

    @property
    def _main(self) -> str:
        return "grid" if self._passage.serving is Serving.GRID else "copy"

    def loop(self, stopping: Callable[[], bool]) -> Outcome:
        while not stopping():
            for key, _ in self._selector.select(_TICK_S):
                feed = key.data if isinstance(key.data, Feed) else key.data.feed
                if feed is not self._feeds.get(feed.name):
                    continue
                if feed is key.data:
                    feed.read_complaints(self._selector)
                else:
                    self._read(key.data)
            main = self._feeds[self._main]
            if main.has_jumped_back:
                log.info("the clock of %s jumped back: reading anew", self._job.media_path)
                return Outcome.RESTART
            if self._is_sound_alone is False:
                log.info("%s has a picture that this reader came too late for: reading anew", self._job.media_path)
                return Outcome.RESTART
            if main.is_finished:
                return self._explain(main)
            self._look_after_feeds()
        return Outcome.STOPPED

    def _explain(self, main: Feed) -> Outcome:
        main.read_complaints(self._selector)
        status = self._stop_feed(main.name)
        if status == 0:
            self._drain()
        if status == 0 and self._show.has_media:
            return Outcome.ENDED
        log.info("ffmpeg of %s left with status %s: %s", self._job.media_path, status, list(main.complaints)[-3:])
        return Outcome.ENDED if status == 0 else Outcome.CRASHED

    def _drain(self) -> None:
        """The stream has ended: let encoders finish what they have read of it, so that renditions end together."""
        deadline = time.monotonic() + _DRAIN_S
        while not all(feed.is_finished for feed in self._feeds.values()) and time.monotonic() < deadline:
            for key, _ in self._selector.select(_TICK_S):
                if isinstance(key.data, Output):
                    self._read(key.data)
                else:
                    key.data.read_complaints(self._selector)

    def _read(self, output: Output) -> None:
        try:
            fragments = output.read()
            if fragments is None:
                output.feed.finish_output(output, self._selector)
                return
            for fragment, start in fragments:
                self._take_fragment(output, fragment, start)
        except MalformedMedia as error:
            log.warning("%s of %s: %s", output.feed.name, self._job.media_path, error)
            output.feed.finish_output(output, self._selector)

    def _take_fragment(self, output: Output, fragment: Fragment, start: float) -> None:
        feed = output.feed.name
        if feed == "copy" and fragment.frames:
            self._passage.see_copy(start, is_independent=fragment.is_independent)
            self._consider_passage(start + fragment.duration)
        if feed == "grid" and self._passage.serving is Serving.COPY:
            if output.rendition != SOURCE or not self._passage.crosses(start, is_independent=fragment.is_independent):
                self._keep_lower_grid(output, fragment, start)
                return
            self._cross(output)
            self._place_source(output, fragment, start, breaks=True)
            self._release_lower_grid()
            return
        if self._passage.holds(start + fragment.duration) and feed != "grid":
            return
        if output.rendition == SOURCE:
            self._place_source(output, fragment, start)
        elif feed == ("grid" if self._main == "grid" else "lower") and self._is_smaller(output):
            self._show.follow(output, fragment, start)

    def _is_smaller(self, output: Output) -> bool:
        video = output.init.video if output.init else None
        return video is not None and video.height < self._health.height

    def _keep_lower_grid(self, output: Output, fragment: Fragment, start: float) -> None:
        """A lower rendition may pass the planned point before the source does."""
        point = self._passage.goes_over_at
        if self._is_smaller(output) and point is not None and start >= point - EPSILON_S:
            self._show.keep(output, fragment, start)

    def _release_lower_grid(self) -> None:
        self._show.follow_kept()

    def _place_source(self, output: Output, fragment: Fragment, start: float, *, breaks: bool = False) -> None:
        """Publish a fragment of the source, and its audio as the audio rendition."""
        init = output.init
        assert init is not None
        if not fragment.frames:
            # Sound before the first picture is dropped; between two pictures it travels with the next part.
            if self._show.has_started_run:
                self._carry(fragment, init)
            return
        if init.video is None and not self._settle_for_sound():
            return
        carried, self._carried = self._carried, []
        if not self._health.height:
            self._size_up(init)
        self._show.place(init, fragment, start, carried, now=datetime.now(UTC), breaks=breaks)
        self._update_health(init)

    def _size_up(self, init: Init) -> None:
        """Now that the picture's size is known: rungs that wouldn't make it smaller are not offered."""
        self._health.height = init.video.height if init.video else 0
        rungs = self._smaller_than_source()
        self._show.expect([SOURCE, *(rung.name for rung in rungs if {"lower", "grid"} & set(self._feeds))])
        if not rungs:
            self._stop_feed("lower")

    def _settle_for_sound(self) -> bool:
        """Whether the stream is sound alone, and not only this reader blind."""
        if self._is_sound_alone is None:
            self._is_sound_alone = not self._has_picture()
            # There is no picture to make smaller.
            self._stop_feed("lower")
        return self._is_sound_alone

    def _carry(self, fragment: Fragment, init: Init) -> None:
        self._carried.append(fragment)
        audio = init.audio
        seconds = sum(run.duration for kept in self._carried for run in kept.runs) / (audio.timescale if audio else 1)
        if seconds < _CARRIED_S:
            return
        carried, self._carried = self._carried, []
        self._show.place_sound(init, carried, seconds, now=datetime.now(UTC))

    def _consider_passage(self, copy_end: float) -> None:
        passage = self._passage
        if passage.is_settled() and "grid" in self._feeds:
            self._stop_feed("grid")
            return
        if not passage.wants_grid(copy_end):
            return
        grid = self._feeds.get("grid")
        if grid is None:
            if self._take("grid", SOURCE_COST):
                log.info("%s: key frames are too far apart, re-encoding", self._job.media_path)
                passage.try_grid(copy_end)
                self._start_feed("grid")
            else:
                passage.rest(copy_end)
                self._health.reencode_failed = True
            return
        first, end = grid.outputs[0].first_key, grid.outputs[0].end
        if first is not None and end is not None:
            passage.plan(copy_end, first, end)
        if passage.gives_up(copy_end):
            log.warning("%s: the re-encoder can't keep up, passing through", self._job.media_path)
            self._health.reencode_failed = True
            self._stop_feed("grid")

    def _cross(self, output: Output) -> None:
        log.info("%s: gone over to the re-encoder", self._job.media_path)
        self._passage.cross()
        self._health.reencode_failed = False
        self._stop_feed("copy")
        self._stop_feed("lower")
        _write_mode(self._store, self._job.session, Serving.GRID)

    def _look_after_feeds(self) -> None:
        """Bring back a lower rendition that died; shed one that can't keep up."""
        now = time.monotonic()
        lower = self._feeds.get("lower")
        if lower is not None and lower.is_finished:
            self._stop_feed("lower")
            self._lower_retry_at = now + _RETRY_LOWER_S
        elif self._lower_retry_at is not None and now >= self._lower_retry_at and self._main == "copy":
            self._lower_retry_at = None
            wanted = self._smaller_than_source() and "lower" not in self._health.shed
            if wanted and self._take("lower", LOWER_COST * len(self._job.ladder)):
                self._start_feed("lower")
        if lower is not None and now - self._started > _SHED_AFTER_S:
            source_end = self._show.source_end
            behind = [output for output in lower.outputs if (output.end or 0) < source_end - _SHED_BEHIND_S]
            if behind and not lower.is_finished and lower.outputs[0].end is not None:
                log.warning("%s: lower renditions can't keep up, shed", self._job.media_path)
                self._health.shed += ["lower"]
                self._stop_feed("lower")
                self._show.withdraw([rendition.name for rendition in self._job.ladder])

    def _update_health(self, init: Init) -> None:
        health, video = self._health, init.video
        health.serving = str(self._passage.serving)
        health.gop_s = self._passage.gop_s
        health.bitrate_bps = self._show.bandwidth(SOURCE)[1]
        health.frame_rate = self._show.frame_rate(SOURCE)
        health.codecs = init.codecs
        health.width, health.height = (video.width, video.height) if video else (0, 0)
        health.parts += 1


def _read_mode(store: MediaStore, session: str) -> Serving:
    """What a predecessor served of this session."""
    kept = (store.read("mode") or b"").decode().split(" ")
    return Serving(kept[1]) if len(kept) == 2 and kept[0] == session else Serving.COPY


def _write_mode(store: MediaStore, session: str, serving: Serving) -> None:
    store.write([("mode", f"{session} {serving}".encode())])


def reap_strays(live_dir: Path, older_than_s: float, now: float) -> int:
    """Delete files of live media paths that no playlist has named for long; answers how many."""
    count = 0
    for path in live_dir.glob("*/*/*.m4s"):
        try:
            if now - path.stat().st_mtime > older_than_s:
                os.unlink(path)
                count += 1
        except FileNotFoundError:
            continue
    return count
