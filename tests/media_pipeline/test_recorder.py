"""What is on the disk after everything that may happen to a packager while it records."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_pipeline.boxes import iter_boxes
from media_pipeline.playlist import Segment
from media_pipeline.recording import parse_index
from media_pipeline.recording_files import StopReason, end_recording, read_stop_reason
from media_pipeline.store import Fenced
from tests.hls.playlist import parse_media
from tests.media_pipeline import clips
from tests.media_pipeline.recorded import NOON, Studio


def segments_of(studio: Studio, name: str = "source") -> list[bytes]:
    """The bytes of each segment that was recorded."""
    index = parse_index((studio.root / f"{name}.m3u8").read_text())
    data = (studio.root / f"{name}.mp4").read_bytes()
    return [data[entry.media.offset : entry.media.end] for entry in index.entries if entry.media]


def test_a_recording_is_what_viewers_got(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    for _ in range(3):
        studio.send_clip()
    studio.end()

    for name in ("source", "audio"):
        live = sorted((tmp_path / "live").glob(f"*/{name}/*.m4s"), key=lambda path: path.name)
        whole = [path.read_bytes() for path in live if path.name.count(".") == 1]
        assert segments_of(studio, name) == whole
    index = end_recording(studio.root)["source"]
    assert index.duration_s == pytest.approx(12, abs=0.01)
    assert sum(entry.is_discontinuity for entry in index.entries) == 2


def test_every_byte_is_spoken_for_and_is_a_box(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    studio.send_clip(clips.with_b_frames())
    studio.end()

    data = (studio.root / "source.mp4").read_bytes()
    index = end_recording(studio.root)["source"]
    found = {entry.media for entry in index.entries} | {entry.init for entry in index.entries}
    ranges = sorted((one for one in found if one), key=lambda one: one.offset)
    assert ranges[0].offset == 0
    assert ranges[-1].end == len(data)
    assert all(one.end == other.offset for one, other in pairwise(ranges))
    assert {box.kind for box in iter_boxes(data)} == {b"ftyp", b"moov", b"moof", b"mdat"}
    assert len({entry.init for entry in index.entries}) == 2


def test_who_rewinds_is_told_of_each_segment_and_of_the_end(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    growing = parse_media((studio.root / "source.m3u8").read_text())
    assert growing.problems == []
    assert not growing.is_ended

    for _ in range(8):
        studio.send_clip()
    delta = parse_media((studio.root / "source.delta.m3u8").read_text())
    assert delta.skipped > 0

    studio.end()
    for name in ("source.m3u8", "source.delta.m3u8"):
        ended = parse_media((studio.root / name).read_text())
        assert (ended.problems, ended.is_ended, ended.skipped) == ([], True, 0)


@pytest.mark.parametrize("same_clock", [True, False])
def test_a_successor_neither_loses_nor_doubles_a_segment(tmp_path: Path, same_clock: bool) -> None:
    studio = Studio(tmp_path)
    init, fragments = clips.read(clips.both())
    studio.show.begin_run(same_clock=False)
    studio.send(init, fragments[:8])
    studio.replace_packager(same_clock=same_clock)
    studio.send(init, fragments[8:])
    studio.end()

    joined = b"".join(segments_of(studio))
    assert joined == b"".join(fragment.data for fragment in fragments if fragment.frames)


def test_bytes_that_nobody_speaks_for_are_cut_off(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    before = segments_of(studio)
    with (studio.root / "source.mp4").open("ab") as media, (studio.root / "source.m3u8").open("a") as playlist:
        media.write(b"half a segment")
        playlist.write("#EXT-X-PROGRAM-DATE-TIME:2026-06-0")

    studio.replace_packager(same_clock=False)
    studio.send_clip()
    studio.end()

    assert segments_of(studio)[: len(before)] == before
    index = end_recording(studio.root)["source"]
    assert index.media_end == (studio.root / "source.mp4").stat().st_size
    assert index.duration_s == pytest.approx(8, abs=0.01)


def test_a_segment_that_was_published_but_not_recorded_is_made_up_for(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    whole = segments_of(studio)
    index = parse_index((studio.root / "source.m3u8").read_text())
    lines = (studio.root / "source.m3u8").read_text()
    os.truncate(studio.root / "source.m3u8", lines.rindex("#EXT-X-PROGRAM-DATE-TIME"))

    studio.replace_packager()
    studio.end()

    assert segments_of(studio) == whole
    assert parse_index((studio.root / "source.m3u8").read_text()).entries == index.entries


def test_a_packager_that_was_replaced_records_no_more(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    asleep = studio.recorder
    studio.replace_packager()

    with pytest.raises(Fenced):
        asleep.add("source", Segment(99, "7-init0.mp4", NOON, uri="7-99.m4s", duration=2), b"late")

    assert b"late" not in b"".join(segments_of(studio))


def test_after_a_power_cut_what_was_never_written_is_left_out(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    studio.send_clip()
    whole = segments_of(studio)
    media = studio.root / "source.mp4"
    entries = parse_index((studio.root / "source.m3u8").read_text()).entries
    lost = entries[-2].media
    assert lost is not None
    size = media.stat().st_size
    os.truncate(media, lost.offset)
    os.truncate(media, size)

    index = end_recording(studio.root)["source"]

    assert len(index.entries) == len(whole) - 2
    assert segments_of(studio) == whole[:-2]
    assert index.media_end == media.stat().st_size


def test_a_full_disk_stops_the_recording_and_nothing_else(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    kept = segments_of(studio)
    studio.epoch += 1
    studio.min_free_bytes = 1 << 60
    studio.start()
    studio.send_clip()
    studio.end()

    assert segments_of(studio) == kept
    assert read_stop_reason(studio.root) == StopReason.DISK
    assert len(list((tmp_path / "live").glob("*/source/*-3.m4s"))) == 1


def test_a_recording_ends_at_its_greatest_length(tmp_path: Path) -> None:
    studio = Studio(tmp_path, max_s=5.5)
    for _ in range(4):
        studio.send_clip()
    studio.end()

    assert end_recording(studio.root)["source"].duration_s == pytest.approx(6, abs=0.1)
    assert read_stop_reason(studio.root) == StopReason.LENGTH


def test_a_rendition_that_joins_late_has_gaps_before(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    studio.send_clip()
    init = next((tmp_path / "live").glob("*/source/*-init0.mp4"))
    (init.parent.parent / "480p").mkdir()
    (init.parent.parent / "480p" / init.name).write_bytes(init.read_bytes())
    studio.recorder.add("480p", Segment(3, init.name, studio.clock, uri="7-3.m4s", duration=2.0), b"\0\0\0\10moof")
    studio.end()

    late = parse_index((studio.root / "480p.m3u8").read_text())
    source = parse_index((studio.root / "source.m3u8").read_text())
    assert [entry.media is None for entry in late.entries] == [True, True, True, False]
    assert [e.is_discontinuity for e in late.entries[:3]] == [e.is_discontinuity for e in source.entries[:3]]
    assert late.duration_s == pytest.approx(source.duration_s, abs=0.01)
    assert parse_media((studio.root / "480p.m3u8").read_text()).problems == []


def test_nothing_sent_is_nothing_recorded(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.end()

    assert end_recording(studio.root) == {}


steps = st.lists(st.sampled_from(["session", "successor", "crash"]), min_size=1, max_size=8)


@settings(max_examples=15, deadline=None)
@given(steps, st.integers(1, 11))
def test_whatever_happens_all_that_was_sent_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], part: int
) -> None:
    studio = Studio(tmp_path_factory.mktemp("disk"))
    init, fragments = clips.read(clips.both())
    fragments = [fragment for fragment in fragments if fragment.frames]
    sent = b""
    for step in steps:
        studio.show.begin_run(same_clock=False)
        studio.send(init, fragments[:part])
        if step == "successor":
            studio.replace_packager()
        elif step == "crash":
            with (
                (studio.root / "source.mp4").open("ab")
                if studio.root.joinpath("source.mp4").exists()
                else (studio.root / "stray").open("wb") as media
            ):
                media.write(b"\0" * 1000)
            studio.replace_packager()
        studio.send(init, fragments[part:])
        sent += b"".join(fragment.data for fragment in fragments)
        studio.show.close(ended=False)
    studio.end()

    index = end_recording(studio.root)["source"]
    assert b"".join(segments_of(studio)) == sent
    assert index.duration_s == pytest.approx(studio.sent_s, abs=0.01)
