"""Recordings as a packager makes them: real fragments, through the whole presentation."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from media_pipeline.boxes import Fragment, Init
from media_pipeline.positions import Position
from media_pipeline.presentation import Presentation
from media_pipeline.recorder import Recorder, RecordPlan
from media_pipeline.store import MediaStore
from tests.media_pipeline import clips

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PATH = "ab" * 16


class NobodyWaits:
    """Where the edge would be told."""

    def publish(self, position: Position) -> None:
        pass


@dataclass
class Studio:
    """An encoder, a packager and its recorder on a disk of their own."""

    disk: Path
    path: str = PATH
    epoch: int = 7
    max_s: float = 3600
    min_free_bytes: int = 0
    clock: datetime = NOON
    sent_s: float = 0.0
    recorder: Recorder = field(init=False)
    show: Presentation = field(init=False)
    store: MediaStore = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    @property
    def root(self) -> Path:
        return self.disk / "recordings" / self.path

    def start(self, *, same_clock: bool = False) -> None:
        """A packager takes the broadcast over."""
        self.store = MediaStore(self.disk / "live" / self.path, self.epoch)
        self.store.claim()
        self.recorder = Recorder(RecordPlan(self.root, self.max_s, self.min_free_bytes), self.store)
        self.show = Presentation(self.path, self.store, NobodyWaits(), 1.2, 36, recorder=self.recorder)  # type: ignore[arg-type]
        self.show.resume()
        self.show.begin_run(same_clock=same_clock)

    def replace_packager(self, *, same_clock: bool = True) -> None:
        """Another packager comes; the one before was killed in mid-stream."""
        self.epoch += 1
        self.start(same_clock=same_clock)

    def send(self, init: Init, fragments: list[Fragment]) -> None:
        """What an encoder sends, from its first fragment to its last."""
        for fragment in fragments:
            if not fragment.frames:
                continue
            self.clock += timedelta(seconds=fragment.duration)
            self.sent_s += fragment.duration
            self.show.place(init, fragment, fragment.start, [], now=self.clock)

    def send_clip(self, data: bytes | None = None) -> None:
        """A session of four seconds."""
        self.show.begin_run(same_clock=False)
        self.send(*clips.read(data or clips.both()))
        self.show.close(ended=False)
        self.clock += timedelta(seconds=20)

    def end(self) -> None:
        self.show.close(ended=True)
