"""What floors above announce in playlists, and who asks them."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from media_pipeline import date_ranges
from media_pipeline.date_ranges import Announcer, DateRange, Placed, announced
from media_pipeline.playlist import parse_own
from media_pipeline.timeline import Timeline

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BREAK = DateRange("break-7", "org.example.break", NOON, 60, (("X-NUMBER", "7"),))


def fails(_keys: Sequence[str]) -> Mapping[str, Sequence[DateRange]]:
    raise OSError("away")


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> dict[str, date_ranges.Source]:
    found: dict[str, date_ranges.Source] = {}
    monkeypatch.setattr(date_ranges, "_sources", found)
    monkeypatch.setattr(date_ranges, "_failing", set())
    return found


def test_a_tag_says_all_of_it_and_is_read_back() -> None:
    text = BREAK.render()

    assert text == (
        '#EXT-X-DATERANGE:ID="break-7",CLASS="org.example.break",START-DATE="2026-06-01T12:00:00.000Z",'
        'X-NUMBER="7",PLANNED-DURATION=60.000'
    )
    assert parse_own(f"#EXTM3U\n{text}\n").date_ranges == {"break-7": BREAK}


@pytest.mark.parametrize(
    "odd",
    [
        'CLASS="org.example.break"',
        'ID="odd",CLASS="a",START-DATE="noon",PLANNED-DURATION=1',
        'ID="odd",CLASS="a",START-DATE="2026-06-01T12:00:00Z",PLANNED-DURATION=long',
        'ID="odd",CLASS="a",START-DATE="2026-06-01T12:00:00",PLANNED-DURATION=1',
        'ID="odd",CLASS="a",START-DATE="2026-06-01T12:00:00Z",PLANNED-DURATION=inf',
        'ID="odd",CLASS="a",START-DATE="2026-06-01T12:00:00Z",PLANNED-DURATION=1e300',
        "",
    ],
)
def test_an_odd_tag_is_passed_over(odd: str) -> None:
    assert parse_own(f"#EXTM3U\n#EXT-X-DATERANGE:{odd}\n{BREAK.render()}\n").date_ranges == {"break-7": BREAK}


def test_a_source_that_stays_away_is_told_of_once(
    sources: dict[str, date_ranges.Source], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="media_pipeline")
    asked: list[date_ranges.Source] = [fails, fails, lambda keys: {}, lambda keys: {}, fails]
    for source in asked:
        sources["away"] = source
        announced(["a"])

    assert [record.getMessage() for record in caplog.records] == [
        "away announces nothing: away",
        "away announces again",
        "away announces nothing: away",
    ]
    assert not any(record.exc_info for record in caplog.records)


def test_a_source_that_fails_takes_nothing_from_the_others(sources: dict[str, date_ranges.Source]) -> None:
    sources["away"] = fails
    sources["ads"] = lambda keys: {keys[0]: [BREAK]}

    assert announced(["a", "b"]) == {"a": [BREAK], "b": []}


def test_what_is_announced_comes_by_itself_and_asking_never_waits(sources: dict[str, date_ranges.Source]) -> None:
    sources["ads"] = lambda keys: {key: [BREAK] for key in keys}
    announcer = Announcer()
    with announcer.following("a") as ask:
        deadline = time.monotonic() + 5
        while not ask() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ask() == (BREAK,)
        # A successor came before its predecessor was gone.
        with announcer.following("a"):
            pass
        assert ask() == (BREAK,)
    assert ask() == ()


@pytest.mark.parametrize(
    ("arrives_s", "called_at_s"),
    [
        pytest.param(lambda sent: sent, 600, id="clocks agree"),
        pytest.param(lambda sent: sent * 1.02, 600, id="the encoder's is slow"),
        pytest.param(lambda sent: sent / 1.02, 600, id="the encoder's is fast"),
        pytest.param(lambda sent: sent + 8 * (sent > 300), 600, id="the network has been late since"),
    ],
)
def test_a_break_begins_with_what_arrives_when_it_was_called_for(
    arrives_s: Callable[[float], float], called_at_s: float
) -> None:
    """Whatever the playlist's clock says by then; and it stays where it was first said to be."""
    timeline, called_at = Timeline(0, 0, resumes_at=None), NOON + timedelta(seconds=called_at_s)
    told: list[DateRange] = []
    placed = Placed(lambda: told, lambda: timeline.shift)
    seen: dict[datetime, datetime] = {}
    said = set()
    for part in range(3 * 700):
        now = NOON + timedelta(seconds=arrives_s((part + 1) / 3))
        boundary = timeline.place(part / 3, 1 / 3, is_independent=part % 6 == 0, now=now)
        seen[boundary.at + timedelta(seconds=part / 3 - boundary.start)] = now
        if now >= called_at and not told:
            told.append(DateRange("break-7", "org.example.break", now + timedelta(seconds=10), 60))
        said |= {one.start for one in placed()}

    (start,) = said
    (first,) = sorted(at for at in seen if at >= start)[:1]
    # Within those ten seconds a clock that is off by a fiftieth drifts by a fifth of one; and a part is a third.
    assert abs(seen[first] - told[0].start) < timedelta(seconds=0.7)


def test_what_a_predecessor_placed_stays_there() -> None:
    placed = Placed(lambda: [BREAK], lambda: timedelta(seconds=3))
    placed.take_up([BREAK])

    assert placed() == [BREAK]
