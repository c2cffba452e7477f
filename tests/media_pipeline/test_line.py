"""A rendition's files, followed as a viewer would: through its playlist."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import m3u8
import pytest

from media_pipeline.boxes import Fragment, parse_init
from media_pipeline.date_ranges import DateRange
from media_pipeline.line import Line, part_target, snap_rate
from media_pipeline.playlist import MediaPlaylist, parse_own
from media_pipeline.positions import Position, parse_position
from media_pipeline.store import MediaStore, unpack
from media_pipeline.timeline import Timeline
from tests.media_pipeline import clips

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PATH = "ab" * 16


class Positions:
    """What the edge would be told."""

    def __init__(self) -> None:
        self.sent: list[Position] = []

    def publish(self, position: Position) -> None:
        self.sent.append(position)


class Rendition:
    """A line fed with fragments of a third of a second, a key frame each two seconds."""

    def __init__(self, root: Path, epoch: int = 7, playlist: MediaPlaylist | None = None, next_msn: int = 0) -> None:
        self.store = MediaStore(root, epoch)
        self.store.claim()
        self.positions = Positions()
        playlist = playlist or MediaPlaylist(window_s=24)
        self.announced: list[DateRange] = []
        told = lambda: self.announced  # noqa: E731
        self.line = Line("source", PATH, self.store, self.positions, playlist, None, told)  # type: ignore[arg-type]
        self.timeline = Timeline(next_msn, 0, resumes_at=None)
        self.folder = root / "source"
        head = clips.both()
        self.line.use_init(parse_init(head[: head.index(b"moof") - 4]))
        self.count = 0

    def feed(self, parts: int) -> None:
        for _ in range(parts):
            start, independent = self.count / 3, self.count % 6 == 0
            now = NOON + timedelta(seconds=start + 1 / 3)
            boundary = self.timeline.place(start, 1 / 3, is_independent=independent, now=now)
            data = b"%06d" % self.count
            fragment = Fragment(data, start, 1 / 3, independent, 10, 0.0, ())
            self.line.append(fragment, boundary, lambda: [])
            self.count += 1

    @property
    def text(self) -> str:
        return unpack((self.folder / "media.m3u8.gz").read_bytes())

    @property
    def delta(self) -> str:
        return unpack((self.folder / "media.delta.m3u8.gz").read_bytes())


def test_segments_are_their_parts_joined(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(13)

    playlist = m3u8.loads(rendition.text)
    closed = [segment for segment in playlist.segments if segment.uri]
    assert len(closed) == 2
    for segment in closed:
        joined = b"".join((rendition.folder / part.uri).read_bytes() for part in segment.parts)
        assert (rendition.folder / segment.uri).read_bytes() == joined
        assert sum(part.duration for part in segment.parts) == pytest.approx(segment.duration, abs=0.001)


def test_every_file_named_is_there_and_old_ones_go(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(6 * 60)

    named = {part.uri for segment in m3u8.loads(rendition.text).segments for part in segment.parts}
    named |= {segment.uri for segment in m3u8.loads(rendition.text).segments if segment.uri}
    on_disk = {path.name for path in rendition.folder.glob("*.m4s")}
    assert named <= on_disk
    seconds_on_disk = sum(1 for name in on_disk if name.count(".") == 1) * 2
    assert seconds_on_disk <= 2 * 24 + 6


def test_positions_follow_every_part(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(8)

    assert [(p.msn, p.part) for p in rendition.positions.sent] == [*((0, n) for n in range(6)), (1, 0), (1, 1)]
    assert parse_position(str(rendition.positions.sent[-1])) == rendition.positions.sent[-1]


def test_hint_names_the_part_that_comes(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(12)
    for _ in range(20):
        hint = rendition.line.playlist.hint_uri
        rendition.feed(1)
        assert (rendition.folder / hint).exists()


def test_delta_update_leaves_out_what_is_old(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(6 * 14)
    delta = unpack((rendition.folder / "media.delta.m3u8.gz").read_bytes())

    skipped = int(delta.partition("SKIPPED-SEGMENTS=")[2].partition("\n")[0])
    tail = delta.partition("#EXT-X-SKIP")[2].partition("\n")[2]
    assert skipped > 0
    assert rendition.text.endswith(tail)
    assert rendition.text.count("#EXT-X-PROGRAM-DATE-TIME") == skipped + delta.count("#EXT-X-PROGRAM-DATE-TIME")


def test_ending_closes_the_segment_and_the_list(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(9)
    rendition.line.close(lambda: [], ended=True)

    playlist = m3u8.loads(rendition.text)
    assert playlist.is_endlist
    assert [segment.duration for segment in playlist.segments] == pytest.approx([2.0, 1.0], abs=0.01)
    assert rendition.positions.sent[-1].is_ended


def test_a_successor_goes_on_where_the_playlist_ends(tmp_path: Path) -> None:
    first = Rendition(tmp_path)
    first.feed(9)
    kept = parse_own(first.text)
    kept.window_s = 24

    second = Rendition(tmp_path, epoch=8, playlist=kept, next_msn=2)
    second.line.close(lambda: [])
    second.feed(7)

    playlist = m3u8.loads(second.text)
    assert playlist.media_sequence == 0
    assert [bool(segment.discontinuity) for segment in playlist.segments][:3] == [False, False, True]
    joined = b"".join((second.folder / part.uri).read_bytes() for part in playlist.segments[1].parts)
    assert (second.folder / str(playlist.segments[1].uri)).read_bytes() == joined == b"000006000007000008"


def test_a_rendition_that_missed_segments_begins_anew(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(8)
    rendition.timeline = Timeline(5, 0, resumes_at=None)
    rendition.feed(1)

    assert m3u8.loads(rendition.text).media_sequence == 5


@pytest.mark.parametrize(
    ("frames", "seconds", "rate"),
    [(10, 0.334, 30), (10, 0.333, 30), (2997, 100.0, 29.97), (9, 0.36, 25), (20, 0.333, 60), (600, 25.02, 23.976)],
)
def test_frame_rates_are_nominal_ones(frames: int, seconds: float, rate: float) -> None:
    assert snap_rate(frames, seconds) == rate


@pytest.mark.parametrize(
    ("frames", "seconds", "whole", "one_less"), [(10, 0.333, 0.334, 0.3), (9, 0.36, 0.36, 0.32), (17, 0.34, 0.34, 0.32)]
)
def test_part_target_fits_whole_frames_and_one_less(frames: int, seconds: float, whole: float, one_less: float) -> None:
    target = part_target(frames, seconds)

    assert whole <= target
    assert one_less >= 0.85 * target


def test_a_rendition_that_is_taken_away_lets_its_viewers_go(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(3)

    rendition.line.withdraw()

    assert not (rendition.folder / "media.m3u8.gz").exists()
    assert rendition.positions.sent[-1].is_ended


def test_a_date_range_stays_until_all_of_it_lies_before_the_playlist(tmp_path: Path) -> None:
    rendition = Rendition(tmp_path)
    rendition.feed(66)
    told = DateRange("break-7", "org.example.break", NOON + timedelta(seconds=32), 30, (("X-NUMBER", "7"),))
    past = DateRange("break-6", "org.example.break", NOON - timedelta(seconds=40), 30)
    rendition.announced = [told, past]
    rendition.feed(1)
    # In delta updates too, once each; what is over isn't told any more.
    assert "#EXT-X-SKIP" in rendition.delta
    assert [text.count(told.render()) for text in (rendition.text, rendition.delta)] == [1, 1]
    assert past.id not in rendition.text + rendition.delta

    # Whoever announced it forgets it, and somebody else takes the broadcast over: players still hold on to it.
    rendition.announced = []
    rendition.line.playlist = parse_own(rendition.text)
    rendition.line.playlist.window_s = 24
    rendition.feed(180)
    first = parse_own(rendition.text).segments[0].at
    assert (first < told.end, told.render() in rendition.text) == (True, True)
    rendition.feed(18)
    first = parse_own(rendition.text).segments[0].at
    assert (first < told.end, "DATERANGE" in rendition.text + rendition.delta) == (False, False)
