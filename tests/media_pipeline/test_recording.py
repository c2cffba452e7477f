"""A recording's playlist, read by its own parser, by the m3u8 library and by the validator's strict reader."""

from datetime import UTC, datetime, timedelta

import m3u8
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.recording import (
    ByteRange,
    Entry,
    Index,
    pad,
    parse_index,
    render_delta,
    render_entry,
    render_head,
    render_vod,
)
from tests.hls.playlist import parse_media, resolve_delta

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
URI = "source.mp4"


@st.composite
def indexes(draw: st.DrawFn, gaps: bool = True) -> Index:
    """What a recorder may have written: segments, gaps, breaks and new init sections, one behind the other."""
    index = Index(draw(st.integers(0, 50)))
    end, at = 0, NOON
    init: ByteRange | None = None
    for number in range(draw(st.integers(1, 30))):
        milliseconds = draw(st.integers(20, 3400))
        is_break = bool(number) and draw(st.booleans())
        if gaps and draw(st.integers(0, 5)) == 0:
            index.entries.append(Entry(milliseconds / 1000, at, None, init, is_break))
        else:
            if init is None or is_break:
                init = ByteRange(end, draw(st.integers(1, 2000)))
                end = init.end
            media = ByteRange(end, draw(st.integers(1, 10**7)))
            end = media.end
            index.entries.append(Entry(milliseconds / 1000, at, media, init, is_break))
        at += timedelta(milliseconds=milliseconds)
    return index


def texts(index: Index) -> list[str]:
    before, found = None, []
    for entry in index.entries:
        found.append(render_entry(entry, before, URI))
        before = entry.init
    return found


def whole_text(index: Index) -> str:
    return render_head(index.first_msn) + "".join(texts(index))


@given(indexes())
def test_what_is_written_is_read_back(index: Index) -> None:
    read = parse_index(whole_text(index) + "#EXT-X-ENDLIST\n")

    assert (read.first_msn, read.entries, read.is_ended) == (index.first_msn, index.entries, True)


@given(indexes(), st.data())
def test_a_torn_end_costs_one_entry_at_most(index: Index, data: st.DataObject) -> None:
    text = whole_text(index)
    head = len(render_head(index.first_msn))
    cut = data.draw(st.integers(head, len(text)))

    read = parse_index(text[:cut])

    assert read.entries == index.entries[: len(read.entries)]
    assert parse_index(text[: read.text_length]).entries == read.entries
    lengths = [len(one) for one in texts(index)]
    assert head + sum(lengths[: len(read.entries) + 1]) > cut or len(read.entries) == len(index.entries)


@given(indexes())
def test_another_reader_sees_the_same(index: Index) -> None:
    playlist = m3u8.loads(render_vod([(index, "https://store.example/a?b=c")]))

    assert playlist.is_endlist
    assert playlist.playlist_type == "vod"
    assert [segment.byterange for segment in playlist.segments] == [
        str(entry.media) if entry.media else None for entry in index.entries
    ]
    assert sum(segment.duration for segment in playlist.segments) == pytest.approx(index.duration_s, abs=0.001)
    with_media = [
        (s.init_section.byterange, str(e.init))
        for s, e in zip(playlist.segments, index.entries, strict=True)
        if e.media and s.init_section
    ]
    assert all(seen == written for seen, written in with_media)


@given(indexes())
def test_a_strict_reader_has_no_complaint(index: Index) -> None:
    for text in (whole_text(index), render_vod([(index, URI)])):
        playlist = parse_media(text)

        assert playlist.problems == []
        assert playlist.target_duration == 3
        assert all(int(segment.duration + 0.5) <= 3 for segment in playlist.segments)


@given(indexes())
def test_a_delta_update_leads_to_the_whole(index: Index) -> None:
    written = texts(index)
    recent = [(entry.duration, text) for entry, text in zip(index.entries, written, strict=True)]

    whole = parse_media(whole_text(index))
    delta = parse_media(render_delta(index.first_msn, recent[-72:], len(written)))
    resolved = resolve_delta(delta, whole)

    assert [(s.msn, s.duration) for s in resolved.segments] == [(s.msn, s.duration) for s in whole.segments]
    listed = sum(segment.duration for segment in delta.segments)
    assert delta.skipped == 0 or listed >= 18


@given(indexes(gaps=False), st.integers(0, 5), st.integers(0, 5))
def test_a_rendition_that_came_late_and_left_early_is_padded(whole: Index, late: int, early: int) -> None:
    kept = whole.entries[late : max(late, len(whole.entries) - early)]

    padded = pad(Index(whole.first_msn + late, kept), whole)

    assert len(padded.entries) == len(whole.entries)
    assert padded.duration_s == pytest.approx(whole.duration_s)
    assert [entry.is_discontinuity for entry in padded.entries] == [entry.is_discontinuity for entry in whole.entries]
    assert [entry for entry in padded.entries if entry.media] == kept


@given(st.lists(indexes(gaps=False), min_size=1, max_size=4))
def test_recordings_that_follow_each_other_play_as_one(indexes: list[Index]) -> None:
    text = render_vod([(index, f"{number}.mp4") for number, index in enumerate(indexes)])

    playlist = parse_media(text)
    assert playlist.problems == []
    assert sum(s.duration for s in playlist.segments) == pytest.approx(sum(i.duration_s for i in indexes), abs=0.01)
    firsts = [0]
    for index in indexes[:-1]:
        firsts.append(firsts[-1] + len(index.entries))
    assert all(playlist.segments[first].is_discontinuity for first in firsts[1:])
    assert [playlist.segments[first].uri for first in firsts] == [f"{n}.mp4" for n in range(len(indexes))]


@given(st.text(max_size=80))
def test_no_other_text_is_an_index(text: str) -> None:
    with pytest.raises(ValueError):
        parse_index(text)
