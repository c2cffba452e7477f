"""A sound broadcast breaks no rule, and each rule notices when it is broken."""

from __future__ import annotations

import re
from collections.abc import Callable

import m3u8
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .generated import Broadcast, usual
from .media_rules import check_media
from .multivariant import check_multivariant, parse_multivariant
from .playlist import parse_media
from .recording import Recording, Track
from .violation import Violation

NEWEST = (20, 3)
Edit = Callable[[str], str]


def record(
    broadcast: Broadcast,
    *,
    first: int = 112,
    delta: bool = True,
    ended: bool = True,
    edit: dict[int, Edit] | None = None,
) -> Recording:
    """What a client sees that takes every part from the `first` on; `edit` changes the source rendition's answers."""
    recording = Recording(parse_multivariant(broadcast.multivariant()))
    positions = list(enumerate(broadcast.positions()))
    for variant in recording.multivariant.variants:
        track = Track(variant)
        recording.tracks.append(track)
        rendition = variant.uri.partition("/")[0]
        for number, newest in positions[first:]:
            skip = delta and number % 8 != 0 and track.newest is not None
            is_last = ended and number == len(positions) - 1
            text = broadcast.playlist(newest, rendition, skip=skip, ended=is_last)
            if edit and rendition == "source" and number in edit:
                text = edit[number](text)
            track.add(text, broadcast.fetched_at(newest), newest, skip)
    return recording


def rules(violations: list[Violation]) -> set[str]:
    """The names of broken rules."""
    return {violation.rule for violation in violations}


def replaced(old: str, new: str, *, count: int = 1) -> Edit:
    """A change of the text, which must be there to change."""

    def edit(text: str) -> str:
        changed = re.sub(old, new, text, count=count, flags=re.MULTILINE)
        assert changed != text, f"{old} is not in\n{text}"
        return changed

    return edit


@pytest.mark.parametrize("delta", [True, False])
def test_a_sound_broadcast(delta: bool) -> None:
    assert record(usual(), first=0, delta=delta).validate() == []


def test_a_sound_interruption() -> None:
    assert record(usual().with_interruption(18, 12.5), first=96).validate() == []


durations = st.floats(min_value=0.29, max_value=0.34).map(lambda value: round(value, 5))
segments = st.lists(durations, min_size=2, max_size=8).map(tuple)


@settings(max_examples=25, deadline=None)
@given(
    listed=st.lists(segments, min_size=3, max_size=14).map(tuple),
    discontinuities=st.frozensets(st.integers(1, 13), max_size=3),
    window=st.integers(12, 20),
    delta=st.booleans(),
)
def test_every_sound_broadcast(
    listed: tuple[tuple[float, ...], ...], discontinuities: frozenset[int], window: int, delta: bool
) -> None:
    broadcast = Broadcast(listed, discontinuities & frozenset(range(len(listed))), window=window)

    violations = record(broadcast, first=0, delta=delta).validate()

    # Segments of any length can leave a window of less than three target durations.
    assert rules(violations) <= {"window"}


MEDIA_FLAWS: list[tuple[str, Edit]] = [
    ("EXTM3U", replaced("^#EXTM3U", "#EXTM3")),
    ("EXT-X-VERSION", replaced("VERSION:9", "VERSION:5")),
    ("EXT-X-VERSION", replaced("^#EXT-X-VERSION:9", "#EXT-X-VERSION:9\n#EXT-X-VERSION:9")),
    ("EXT-X-TARGETDURATION", replaced("^#EXT-X-TARGETDURATION.*\n", "")),
    ("EXT-X-TARGETDURATION", replaced("TARGETDURATION:3", "TARGETDURATION:1")),
    ("EXT-X-TARGETDURATION", replaced("^#EXTINF:2.0*,", "#EXTINF:3.5,")),
    ("EXTINF", replaced("^#EXTINF:2.0*,\n", "")),
    ("EXTINF", replaced("^#EXTINF:2.0*,", "#EXTINF:0,")),
    ("CAN-BLOCK-RELOAD", replaced("CAN-BLOCK-RELOAD=YES,", "")),
    ("CAN-SKIP-UNTIL", replaced("CAN-SKIP-UNTIL=18", "CAN-SKIP-UNTIL=17.9")),
    ("CAN-SKIP-UNTIL", replaced("CAN-SKIP-UNTIL=18,", "")),
    ("HOLD-BACK", replaced("PART-HOLD-BACK", "HOLD-BACK=8.9,PART-HOLD-BACK")),
    ("PART-HOLD-BACK", replaced(",PART-HOLD-BACK=1.2", "")),
    ("PART-HOLD-BACK", replaced("PART-HOLD-BACK=1.2", "PART-HOLD-BACK=0.6")),
    ("PART-HOLD-BACK", replaced("PART-HOLD-BACK=1.2", "PART-HOLD-BACK=1.0")),
    ("EXT-X-PART-INF", replaced("^#EXT-X-PART-INF.*\n", "")),
    ("PART-TARGET", replaced("PART-TARGET=0.34", "PART-TARGET=0")),
    ("longest part", replaced("DURATION=0.33333", "DURATION=0.35")),
    ("shortest part", replaced('DURATION=0.33333,URI="1-20.1', 'DURATION=0.28,URI="1-20.1')),
    ("shortest part", replaced('DURATION=0.33333,URI="1-20.1', 'DURATION=0,URI="1-20.1')),
    ("parts make segments", replaced('^#EXT-X-PART:.*"1-18.4.m4s"\n', "")),
    ("INDEPENDENT", replaced(",INDEPENDENT=YES", "")),
    ("old parts", replaced("^#EXTINF.*\n1-10.m4s", '#EXT-X-PART:DURATION=2,URI="a",INDEPENDENT=YES\n\\g<0>')),
    ("order of removal", replaced('(^#EXT-X-PART:.*"1-18.*\n)+', "")),
    ("missing parts", replaced("(^#EXT-X-PART:.*\n)+", "", count=0)),
    ("EXT-X-MAP", replaced("^#EXT-X-MAP.*\n", "")),
    ("EXT-X-MAP", replaced('(^#EXT-X-PART:.*"1-20.0.*\n)', '\\g<1>#EXT-X-MAP:URI="x"\n')),
    ("EXT-X-PROGRAM-DATE-TIME", replaced("^#EXT-X-PROGRAM-DATE-TIME.*\n", "")),
    ("EXT-X-PROGRAM-DATE-TIME", replaced("(DATE-TIME:.*)\\+00:00", "\\1")),
    ("EXT-X-PROGRAM-DATE-TIME", replaced("12:00:40.000", "12:00:40.100")),
    ("EXT-X-PRELOAD-HINT", replaced("1-20.4.m4s", "1-20.3.m4s")),
    ("EXT-X-PRELOAD-HINT", replaced("(^#EXT-X-PRELOAD-HINT.*\n)", "\\1\\1")),
    ("EXT-X-PRELOAD-HINT", replaced("TYPE=PART,", "")),
    ("EXT-X-PRELOAD-HINT", replaced("(^#EXT-X-PRELOAD-HINT)", "#EXT-X-ENDLIST\n\\1")),
    ("EXT-X-RENDITION-REPORT", replaced('URI="../', 'URI="http://elsewhere/')),
    ("ID", replaced('ID="break-2",', "")),
    ("ID", replaced("^#EXT-X-DATERANGE.*\n", "\\g<0>\\g<0>")),
    ("CLASS", replaced('CLASS="org.example.break",', "")),
    ("START-DATE", replaced('START-DATE="[^"]*",', "")),
    ("START-DATE", replaced('START-DATE="[^"]*"', 'START-DATE="noon"')),
    ("START-DATE", replaced('(START-DATE="[^"+]*)[^"]*"', '\\1"')),
    ("DURATION", replaced("PLANNED-DURATION=30.000", "PLANNED-DURATION=-1")),
    ("LAST-MSN", replaced("LAST-MSN=20", "LAST-MSN=-1")),
    ("EXT-X-PLAYLIST-TYPE", replaced("^#EXT-X-VERSION", "#EXT-X-PLAYLIST-TYPE:EVENT\n\\g<0>")),
    ("window", replaced("(^#EXT-X-MEDIA-SEQ.*\n)(.*\n)*(?=.*12:00:38)", '\\1#EXT-X-MAP:URI="x"\n')),
    ("EXT-X-DISCONTINUITY-SEQUENCE", replaced("^#EXT-X-DISCONTINUITY-SEQUENCE.*\n(.*\n)", "#EXT-X-DISCONTINUITY\n\\1")),
    ("EXT-X-ENDLIST", replaced("^#EXT-X-PRELOAD-HINT.*", "#EXT-X-ENDLIST")),
    ("EXT-X-MEDIA-SEQUENCE", replaced("(^#EXT-X-MEDIA-SEQUENCE.*\n)((.*\n)*)", "\\2\\1")),
    ("EXT-X-STREAM-INF", replaced("^#EXT-X-VERSION", "#EXT-X-STREAM-INF:BANDWIDTH=1\n\\g<0>")),
    ("URI", replaced("^1-19.m4s", "1-18.m4s")),
    ("syntax", replaced("PART-TARGET=0.34", "PART-TARGET")),
    ("syntax", replaced('URI="1-20.0.m4s"', 'URI="1-20.0.m4s')),
]


@pytest.mark.parametrize(("rule", "edit"), MEDIA_FLAWS)
def test_flaw_of_one_playlist(rule: str, edit: Edit) -> None:
    text = usual().playlist(NEWEST)
    assert list(check_media(parse_media(text))) == []

    assert rule in rules(list(check_media(parse_media(edit(text)))))


def test_overlapping_dates_after_an_interruption() -> None:
    text = usual().with_interruption(19, -2.5).playlist(NEWEST)

    assert "EXT-X-PROGRAM-DATE-TIME overlap" in rules(list(check_media(parse_media(text))))


MULTIVARIANT_FLAWS: list[tuple[str, Edit]] = [
    ("EXTM3U", replaced("^#EXTM3U", "")),
    ("BANDWIDTH", replaced("BANDWIDTH=3000000,", "")),
    ("BANDWIDTH", replaced("BANDWIDTH=3000000", "BANDWIDTH=0")),
    ("AVERAGE-BANDWIDTH", replaced("AVERAGE-BANDWIDTH=2500000", "AVERAGE-BANDWIDTH=3500000")),
    ("CODECS", replaced(',CODECS="mp4a.40.2"', "")),
    ("RESOLUTION", replaced("RESOLUTION=1280x720,", "")),
    ("FRAME-RATE", replaced("FRAME-RATE=30.000,", "")),
    ("EXT-X-STREAM-INF", replaced("^#EXT-X-STREAM-INF.*\n", "")),
    ("EXT-X-STREAM-INF", replaced("^audio/.*\n", "")),
    ("EXT-X-STREAM-INF", replaced("(.*\n)*", "#EXTM3U\n")),
    ("variants", replaced("audio/", "source/")),
    ("#EXT-X-TARGETDURATION", replaced("^#EXT-X-VERSION", "#EXT-X-TARGETDURATION:3\n\\g<0>")),
    ("syntax", replaced("BANDWIDTH=3000000,", "BANDWIDTH,")),
]


@pytest.mark.parametrize(("rule", "edit"), MULTIVARIANT_FLAWS)
def test_flaw_of_the_multivariant_playlist(rule: str, edit: Edit) -> None:
    text = usual().multivariant()
    assert list(check_multivariant(parse_multivariant(text))) == []

    assert rule in rules(list(check_multivariant(parse_multivariant(edit(text)))))


# The number of the answer that is changed: 123 is part 20.3, 119 the end of segment 19; each sixth is a delta update.
RELOAD_FLAWS: list[tuple[str, int, Edit]] = [
    ("target_duration", 123, replaced("TARGETDURATION:3", "TARGETDURATION:4")),
    ("server_control", 123, replaced("PART-HOLD-BACK=1.2", "PART-HOLD-BACK=1.3")),
    ("part_target", 123, replaced("PART-TARGET=0.34", "PART-TARGET=0.35")),
    ("EXT-X-MEDIA-SEQUENCE", 128, replaced("MEDIA-SEQUENCE:6", "MEDIA-SEQUENCE:4")),
    ("EXT-X-MEDIA-SEQUENCE", 128, replaced("MEDIA-SEQUENCE:6", "MEDIA-SEQUENCE:90")),
    ("position", 123, replaced('^#EXT-X-PART:.*"1-20.[123].*\n', "", count=0)),
    ("immutable", 123, replaced("12:00:36.000", "12:00:36.010")),
    ("immutable", 123, replaced('"1-20.1.m4s"', '"2-20.1.m4s"')),
    ("immutable", 123, replaced("^1-19.m4s", "1-19x.m4s")),
    ("immutable", 119, replaced('(^#EXT-X-PART:.*)"1-18.5(.*\n)', '\\g<0>\\1"1-18.6\\2')),
    ("hint", 122, replaced("1-20.3.m4s", "1-20.9.m4s")),
    ("EXT-X-PRELOAD-HINT", 122, replaced("^#EXT-X-PRELOAD-HINT.*\n", "")),
    ("EXT-X-ENDLIST", 119, replaced("^#EXT-X-PRELOAD-HINT.*", "#EXT-X-ENDLIST")),
    ("blocking reload", 123, replaced('^#EXT-X-PART:.*"1-20.3.*\n', "")),
    ("EXT-X-DATERANGE", 123, replaced("PLANNED-DURATION=30", "PLANNED-DURATION=31")),
    ("EXT-X-DATERANGE", 128, replaced("org.example.break", "org.example.pause")),
    ("date ranges of a delta update", 123, replaced('^#EXT-X-DATERANGE.*"break-2".*\n', "")),
    ("lost date range", 128, replaced('^#EXT-X-DATERANGE.*"break-2".*\n', "")),
    ("delta update", 123, replaced("SKIPPED-SEGMENTS=\\d+", "SKIPPED-SEGMENTS=99")),
]


@pytest.mark.parametrize(("rule", "number", "edit"), RELOAD_FLAWS)
def test_flaw_between_reloads(rule: str, number: int, edit: Edit) -> None:
    assert rule in rules(record(usual(), edit={number: edit}).validate())


def test_segment_that_ends_earlier_than_was_hinted() -> None:
    hinted = {119: replaced("1-20.0.m4s", "1-19.6.m4s")}

    assert [violation.is_must for violation in record(usual(), edit=hinted).validate()] == [False]


def test_discontinuity_numbers() -> None:
    broadcast = usual().with_interruption(3, 8)
    forgot = replaced("DISCONTINUITY-SEQUENCE:1", "DISCONTINUITY-SEQUENCE:0")
    number = broadcast.positions().index((21, 2))

    found = rules(record(broadcast, edit={number: forgot}).validate())

    assert {"EXT-X-DISCONTINUITY-SEQUENCE", "discontinuity number"} <= found


def test_answer_after_the_end_and_directives_it_must_ignore() -> None:
    broadcast = usual(20)
    recording = record(broadcast)
    track = recording.tracks[0]
    last = broadcast.positions()[-1]
    ended = broadcast.playlist(last, skip=True).replace("#EXT-X-PRELOAD-HINT", "#EXT-X-ENDLIST\n#X")
    track.add(ended, broadcast.fetched_at(last) + 1, last, True)

    assert "_HLS_skip" in rules(recording.validate())


def test_whole_playlist_where_a_delta_update_was_asked_for() -> None:
    found = record(usual(), edit={123: lambda _: usual().playlist(NEWEST)}).validate()

    assert "_HLS_skip" in rules(found)


def test_delta_update_that_skips_too_much() -> None:
    lines = usual().playlist(NEWEST, skip=True).splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith("#EXT-X-PROGRAM"))
    shorter = "\n".join(lines[:first] + lines[first + 3 :]).replace("SEGMENTS=6", "SEGMENTS=7")
    assert "SEGMENTS=7" in shorter

    assert "skip boundary" in rules(record(usual(), edit={123: lambda _: shorter}).validate())


def test_late_media() -> None:
    recording = record(usual(12), first=48, ended=False)
    track = recording.tracks[0]
    position = (12, 0)
    track.add(usual(13).playlist(position), track.snapshots[-1].fetched_at + 1.2, position)
    assert rules(recording.validate()) >= {"late part"}

    track.snapshots.pop()
    track.add(usual(13).playlist(position), track.snapshots[-1].fetched_at + 6.2, position)
    assert rules(recording.validate()) >= {"late segment"}


def test_renditions_that_differ() -> None:
    recording = record(usual())
    other = record(Broadcast(tuple((0.34,) * 6 for _ in range(24)), part_target=0.36))
    recording.tracks[1] = other.tracks[1]

    assert "alignment" in rules(recording.validate())


def test_renditions_with_other_date_ranges() -> None:
    edited = {number: replaced("PLANNED-DURATION=30", "PLANNED-DURATION=31") for number in range(112, 144)}

    assert "date ranges of renditions" in rules(record(usual(), edit=edited).validate())


def test_renditions_with_other_headers_or_discontinuities() -> None:
    recording = record(usual())
    edited = {number: replaced("HOLD-BACK=1.2", "HOLD-BACK=1.3") for number in range(112, 143)}
    strange = record(usual(), edit=edited)
    strange.tracks[1] = recording.tracks[1]
    assert "server_control" in rules(strange.validate())

    strange.tracks[0] = record(usual().with_interruption(18, 0.0), first=96).tracks[0]
    assert "discontinuity number" in rules(strange.validate())


@pytest.mark.parametrize(
    "edit",
    [
        replaced("^#EXT-X-RENDITION-REPORT.*\n", ""),
        replaced("LAST-MSN=20", "LAST-MSN=17"),
        replaced("LAST-MSN=20", "LAST-MSN=23"),
        replaced("../audio/", "../source/"),
        replaced("../audio/", "../other/"),
    ],
)
def test_wrong_rendition_report(edit: Edit) -> None:
    assert "EXT-X-RENDITION-REPORT" in rules(record(usual(), edit={123: edit}).validate())


def test_rendition_that_never_came() -> None:
    recording = record(usual())
    recording.tracks[1].snapshots.clear()

    assert "rendition" in rules(recording.validate())


@given(st.text(alphabet='#EXT-X:PARTINFMAP=",.0123456789\nab ', max_size=400))
def test_reads_anything(text: str) -> None:
    list(check_media(parse_media("#EXTM3U\n" + text)))


@pytest.mark.parametrize("position", [(0, 0), (2, 5), (20, 3)])
def test_agrees_with_another_reader(position: tuple[int, int]) -> None:
    broadcast = usual().with_interruption(2, 4)
    text = broadcast.playlist(position)

    ours, theirs = parse_media(text), m3u8.loads(text)

    whole = [segment for segment in ours.segments if segment.uri]
    listed = [segment for segment in theirs.segments if segment.uri]
    assert ours.target_duration == theirs.target_duration
    assert ours.media_sequence == theirs.media_sequence
    assert ours.part_target == theirs.part_inf.part_target
    assert [(one.uri, one.duration, one.is_discontinuity) for one in whole] == [
        (one.uri, one.duration, one.discontinuity) for one in listed
    ]
    assert [one.date_time for one in whole] == [one.program_date_time for one in listed]
    assert [one.init_uri for one in whole] == [one.init_section.uri for one in listed]
    their_parts = [part.uri for segment in theirs.segments for part in segment.parts]
    assert [part.uri for _, _, part in ours.parts()] == their_parts
    assert ours.hints[0]["URI"] == theirs.preload_hint.uri
    assert [report["URI"] for report in ours.reports] == [report.uri for report in theirs.rendition_reports]


def test_multivariant_agrees_with_another_reader() -> None:
    text = usual().multivariant()

    ours, theirs = parse_multivariant(text), m3u8.loads(text)

    assert [variant.uri for variant in ours.variants] == [one.uri for one in theirs.playlists]
    assert [variant.bandwidth for variant in ours.variants] == [one.stream_info.bandwidth for one in theirs.playlists]
