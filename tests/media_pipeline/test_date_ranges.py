"""What floors above announce in playlists, and who asks them."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from media_pipeline import date_ranges
from media_pipeline.date_ranges import Announcer, DateRange, announced
from media_pipeline.playlist import parse_own

BREAK = DateRange("break-7", "org.example.break", datetime(2026, 6, 1, 12, tzinfo=UTC), 60, (("X-NUMBER", "7"),))


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
