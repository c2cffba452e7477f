from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.timeline import MAX_SEGMENT_S, Timeline

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PART = 1 / 3


def run(timeline: Timeline, fragments: list[tuple[float, bool]], duration: float = PART) -> list[int]:
    """Place fragments given as (start, independent); the media sequence number each got."""
    return [
        timeline.place(start, duration, is_independent=independent, now=NOON + timedelta(seconds=start + duration)).msn
        for start, independent in fragments
    ]


def gop(seconds: float, length: int, first: float = 0.0) -> list[tuple[float, bool]]:
    """Fragments of a third of a second with a key frame every so many seconds."""
    per_gop = round(seconds / PART)
    return [(first + index * PART, index % per_gop == 0) for index in range(length)]


def test_two_second_gops_are_two_second_segments() -> None:
    assert run(Timeline(0, 0, resumes_at=None), gop(2, 18)) == [0] * 6 + [1] * 6 + [2] * 6


def test_short_gops_share_a_segment() -> None:
    assert run(Timeline(0, 0, resumes_at=None), gop(1, 12)) == [0] * 6 + [1] * 6


def test_a_part_cut_short_by_a_key_frame_is_the_last_of_its_segment() -> None:
    timeline = Timeline(0, 0, resumes_at=None)
    run(timeline, [(0.0, True)])
    run(timeline, [(PART, False)], duration=0.111)

    assert run(timeline, [(PART + 0.111, True), (2 * PART + 0.111, False)]) == [1, 1]


def test_no_key_frame_in_sight_still_ends_the_segment() -> None:
    msns = run(Timeline(0, 0, resumes_at=None), gop(8, 24))

    assert max(msns.count(msn) for msn in msns) * PART <= MAX_SEGMENT_S


@given(st.lists(st.tuples(st.floats(0.05, 0.4), st.booleans()), min_size=1, max_size=200))
def test_segments_never_outlast_the_target_nor_go_back(steps: list[tuple[float, bool]]) -> None:
    timeline = Timeline(0, 0, resumes_at=None)
    start, lengths, before = 0.0, dict[int, float](), -1
    for duration, independent in steps:
        now = NOON + timedelta(seconds=start)
        msn = timeline.place(start, duration, is_independent=independent, now=now).msn
        assert msn - before in (0, 1)
        lengths[msn] = lengths.get(msn, 0.0) + duration
        start, before = start + duration, msn
    assert all(length <= 3.5 for length in lengths.values())


def test_first_segment_ever_is_no_discontinuity() -> None:
    timeline = Timeline(0, 0, resumes_at=None)
    run(timeline, gop(2, 1, first=77.0))

    assert timeline.current is not None
    assert not timeline.current.is_discontinuity


def test_another_encoder_is_a_discontinuity() -> None:
    timeline = Timeline(7, 2, resumes_at=None)
    run(timeline, gop(2, 1))

    assert timeline.current is not None
    assert (timeline.current.msn, timeline.current.is_discontinuity) == (7, True)
    assert timeline.current.discontinuity_sequence == 3


def test_same_clock_without_a_hole_goes_on() -> None:
    timeline = Timeline(7, 2, resumes_at=14.0)
    run(timeline, gop(2, 1, first=14.03))

    assert timeline.current is not None
    assert not timeline.current.is_discontinuity


def test_same_clock_with_a_hole_is_a_discontinuity() -> None:
    timeline = Timeline(7, 2, resumes_at=14.0)
    run(timeline, gop(2, 1, first=16.0))

    assert timeline.current is not None
    assert timeline.current.is_discontinuity


def test_a_jump_forward_and_one_back_break_the_clock() -> None:
    timeline = Timeline(0, 0, resumes_at=None)
    msns = run(timeline, [(0.0, True), (PART, False), (5000.0, False), (1.0, False)])

    assert msns == [0, 0, 1, 2]
    assert [boundary.is_discontinuity for boundary in timeline.boundaries] == [False, True, True]


def test_wall_clock_never_runs_back() -> None:
    timeline = Timeline(0, 0, resumes_at=None)
    timeline.place(0.0, 2.0, is_independent=True, now=NOON)
    end_of_first = NOON
    late = timeline.place(99.0, PART, is_independent=True, now=NOON - timedelta(seconds=5))

    assert late.at >= end_of_first


def test_followers_get_the_segment_of_the_source() -> None:
    timeline = Timeline(0, 0, resumes_at=None)
    run(timeline, gop(2, 8))

    first, second = timeline.follow(1.99), timeline.follow(0.4)
    assert first is not None
    assert second is not None
    assert (second.msn, first.msn) == (0, 1)
    assert timeline.follow(2.7) is None
