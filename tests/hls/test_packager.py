"""The packager's own playlists under the validator's eyes, with encoders that leave and packagers that are replaced."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from media_pipeline.boxes import Fragment, parse_init
from media_pipeline.line import Line
from media_pipeline.playlist import MediaPlaylist, Variant, parse_own, render_multivariant
from media_pipeline.positions import Position
from media_pipeline.store import MediaStore, unpack
from media_pipeline.timeline import Timeline
from tests.media_pipeline import clips

from .multivariant import Variant as ListedVariant
from .multivariant import check_multivariant, parse_multivariant
from .recording import Recording, Track

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PART_S = 1 / 3


class Announcements:
    """Where the packager says how far it is."""

    def __init__(self) -> None:
        self.newest: Position | None = None

    def publish(self, position: Position) -> None:
        self.newest = position


class Watched:
    """A rendition that is packaged part by part, and a client that takes every playlist, whole and as a delta."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.epoch = 7
        self.seconds = 0.0
        self.clock = 0.0
        self.announcements = Announcements()
        self.whole, self.delta = (Track(ListedVariant("source/media.m3u8", {})) for _ in range(2))
        self.timeline = Timeline(0, 0, resumes_at=None)
        self._open(MediaPlaylist(window_s=36))

    def _open(self, playlist: MediaPlaylist) -> None:
        store = MediaStore(self.root, self.epoch)
        store.claim()
        self.line = Line("source", "ab" * 16, store, self.announcements, playlist)  # type: ignore[arg-type]
        head = clips.both()
        self.line.use_init(parse_init(head[: head.index(b"moof") - 4]))

    def group(self, parts: int) -> None:
        """Package a group of pictures."""
        for index in range(parts):
            now = NOON + timedelta(seconds=self.seconds + PART_S)
            boundary = self.timeline.place(self.clock, PART_S, is_independent=index == 0, now=now)
            fragment = Fragment(b"part", self.clock, PART_S, index == 0, 10, 0.0, ())
            self.line.append(fragment, boundary, list)
            self.seconds, self.clock = self.seconds + PART_S, self.clock + PART_S
            self._look()

    def lose_encoder(self, seconds: float) -> None:
        """The encoder leaves, and comes back with a clock of its own."""
        self.line.close(list)
        self._look()
        self.seconds, self.clock = self.seconds + seconds, 0.0
        self._begin_run(resumes_at=None)

    def replace_packager(self) -> None:
        """Another packager goes on where this one was killed, on the same clock."""
        playlist = parse_own(unpack((self.root / "source" / "media.m3u8.gz").read_bytes()))
        playlist.window_s = 36
        self.epoch += 1
        self._open(playlist)
        self.line.close(list)
        self._look()
        self._begin_run(resumes_at=self.clock or None)

    def _begin_run(self, *, resumes_at: float | None) -> None:
        playlist = self.line.playlist
        sequence = playlist.discontinuity_sequence + sum(segment.is_discontinuity for segment in playlist.segments)
        self.timeline = Timeline(playlist.segments[-1].msn + 1, sequence, resumes_at=resumes_at)

    def end(self) -> None:
        """The broadcast is over."""
        self.line.close(list, ended=True)
        self._look()

    def _look(self) -> None:
        position = self.announcements.newest
        assert position
        folder, at, asked = self.root / "source", self.seconds, (position.msn, position.part)
        self.whole.add(unpack((folder / "media.m3u8.gz").read_bytes()), at, asked)
        if self.delta.newest is None:
            self.delta.add(unpack((folder / "media.m3u8.gz").read_bytes()), at, asked)
        else:
            self.delta.add(unpack((folder / "media.delta.m3u8.gz").read_bytes()), at, asked, asked_skip=True)

    def problems(self) -> list[str]:
        """What must not be."""
        recording = Recording(parse_multivariant("#EXTM3U\n"), [self.whole])
        violations = list(recording._check_tracks())
        recording.tracks = [self.delta]
        violations += recording._check_tracks()
        return [str(violation) for violation in violations if violation.is_must]


def test_a_long_broadcast(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    for _ in range(30):
        watched.group(6)
    watched.end()

    assert watched.problems() == []
    assert any(snapshot.skipped for snapshot in watched.delta.snapshots)


def test_an_interruption_and_a_new_packager(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    for _ in range(14):
        watched.group(6)
    watched.group(2)
    watched.lose_encoder(20)
    for _ in range(3):
        watched.group(6)
    watched.replace_packager()
    for _ in range(14):
        watched.group(6)
    watched.end()

    assert watched.problems() == []


steps = st.lists(
    st.one_of(st.integers(5, 9), st.floats(1, 50), st.none()),
    min_size=1,
    max_size=24,
)


@settings(max_examples=15, deadline=None)
@given(steps)
def test_whatever_happens(steps: list[int | float | None]) -> None:
    with tempfile.TemporaryDirectory() as root:
        watched = Watched(Path(root))
        watched.group(6)
        for step in steps:
            if isinstance(step, int):
                watched.group(step)
            elif step is None:
                watched.replace_packager()
            else:
                watched.lose_encoder(step)
        watched.group(6)
        watched.end()

        assert watched.problems() == []


def test_the_multivariant_playlist() -> None:
    variants = [
        Variant("source", 2_900_000, 2_600_000, "avc1.64001f,mp4a.40.2", 1280, 720, 29.97),
        Variant("audio", 130_000, 128_000, "mp4a.40.2"),
    ]

    assert list(check_multivariant(parse_multivariant(render_multivariant(variants)))) == []
