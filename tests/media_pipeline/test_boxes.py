import contextlib
import itertools
import json
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_pipeline.boxes import (
    BoxReader,
    MalformedMedia,
    audio_fragment,
    audio_init,
    iter_boxes,
    parse_fragment,
    parse_init,
    without_stall,
)
from tests.media_pipeline import clips


def test_tracks_are_those_that_were_encoded() -> None:
    init, _ = clips.read(clips.both())

    assert init.video is not None
    assert init.audio is not None
    assert (init.video.width, init.video.height) == (320, 180)
    assert init.audio.sample_rate == 48000
    assert init.codecs.startswith("avc1.42c0")
    assert init.codecs.endswith(",mp4a.40.2")


def test_fragments_are_thirds_of_a_second_and_open_at_key_frames() -> None:
    _, fragments = clips.read(clips.both())
    pictures = [fragment for fragment in fragments if fragment.frames]

    assert sum(fragment.frames for fragment in pictures) == 120
    assert sum(fragment.duration for fragment in pictures) == pytest.approx(4, abs=0.01)
    assert [round(f.start, 2) for f in pictures if f.is_independent] == [0.0, 2.0]
    for before, after in itertools.pairwise(pictures):
        assert after.start == pytest.approx(before.end, abs=0.002)


def test_b_frames_show_in_the_first_offset() -> None:
    _, fragments = clips.read(clips.with_b_frames())

    assert fragments[0].is_independent
    assert fragments[0].first_offset == pytest.approx(2 / 30, abs=0.002)


def test_sound_alone_is_timed_by_its_sound() -> None:
    init, fragments = clips.read(clips.sound_only())

    assert init.video is None
    assert all(fragment.is_independent for fragment in fragments)
    assert sum(fragment.duration for fragment in fragments) == pytest.approx(4, abs=0.1)


def test_audio_rendition_is_playable_and_bit_exact(tmp_path: Path) -> None:
    init, fragments = clips.read(clips.both())
    only = audio_init(init)
    sounds = [sound for fragment in fragments if (sound := audio_fragment(fragment, init))]
    path = tmp_path / "audio.mp4"
    path.write_bytes(only.data + b"".join(sound.data for sound in sounds))

    assert [track.kind for track in parse_init(only.data).tracks] == ["audio"]
    whole = tmp_path / "whole.mp4"
    whole.write_bytes(clips.both())
    assert _audio_hash(path) == _audio_hash(whole)


def _audio_hash(path: Path) -> str:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-c", "copy", "-f", "md5", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_audio_fragment_parses_like_any_other() -> None:
    init, fragments = clips.read(clips.both())
    sound = next(sound for fragment in fragments if (sound := audio_fragment(fragment, init)))
    moof, mdat = (sound.data[box.start : box.end] for box in iter_boxes(sound.data))

    again = parse_fragment(moof, mdat, audio_init(init))

    assert (again.start, again.duration, again.frames) == (sound.start, sound.duration, sound.frames)


@settings(max_examples=30, deadline=None)
@given(step=st.integers(min_value=1, max_value=5000))
def test_however_the_pipe_cuts_it_the_boxes_are_the_same(step: int) -> None:
    data = clips.sound_only()

    assert clips.read(data, step) == clips.read(data)


@settings(max_examples=200, deadline=None)
@given(garbage=st.binary(max_size=400))
def test_garbage_is_refused_or_waited_for_never_looped_over(garbage: bytes) -> None:
    reader = BoxReader()
    try:
        for _, box in reader.feed(garbage):
            assert len(box) >= 8
    except MalformedMedia:
        pass


@settings(max_examples=400, deadline=None)
@given(at=st.integers(min_value=0, max_value=1200), byte=st.integers(min_value=0, max_value=255))
def test_a_damaged_fragment_is_read_or_refused_cleanly(at: int, byte: int) -> None:
    init, fragments = clips.read(clips.both())
    boxes = list(iter_boxes(fragments[1].data))
    moof = bytearray(fragments[1].data[: boxes[0].end])
    moof[at % len(moof)] = byte
    mdat = fragments[1].data[boxes[0].end :]

    with contextlib.suppress(MalformedMedia):
        assert parse_fragment(bytes(moof), mdat, init).data == bytes(moof) + mdat


def test_init_without_moov_is_refused() -> None:
    with pytest.raises(MalformedMedia):
        parse_init(b"\x00\x00\x00\x08free")


def test_ffprobe_agrees_on_durations(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(clips.both())
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=duration_time", "-of", "json"]
    answer = subprocess.run([*command, str(path)], check=True, capture_output=True, text=True).stdout
    probed = sum(float(packet["duration_time"]) for packet in json.loads(answer)["packets"])

    _, fragments = clips.read(clips.both())

    assert sum(fragment.duration for fragment in fragments if fragment.frames) == pytest.approx(probed, abs=0.04)


def test_a_silence_does_not_lengthen_the_last_frame(tmp_path: Path) -> None:
    """An encoder that falls silent for five seconds: its clock, and so ffmpeg's last sample, jumps by as much."""
    late = "setpts='PTS+if(gte(N,25),5/TB,0)'"
    picture = [*clips.VIDEO, "-vf", late, "-fps_mode", "passthrough", *clips.X264]
    init, fragments = clips.read(clips.encode(*picture))
    stalled = max(fragments, key=lambda fragment: fragment.duration)
    moof = next(stalled.data[box.start : box.end] for box in iter_boxes(stalled.data))
    assert stalled.duration > 4

    mended = without_stall(moof, stalled, init)

    assert mended.duration < 0.4
    assert (mended.frames, mended.start) == (stalled.frames, stalled.start)
    assert len(mended.data) == len(stalled.data)


def test_fragments_without_a_silence_are_left_alone() -> None:
    init, fragments = clips.read(clips.both())
    for fragment in fragments:
        moof = next(fragment.data[box.start : box.end] for box in iter_boxes(fragment.data))
        assert without_stall(moof, fragment, init) is fragment


@pytest.mark.parametrize("kept", range(8, 120, 3))
def test_a_fragment_cut_short_is_refused_cleanly(kept: int) -> None:
    """Boxes that end before what they announce."""
    init, fragments = clips.read(clips.both())
    moof = next(fragments[1].data[box.start : box.end] for box in iter_boxes(fragments[1].data))
    traf = next(box for box in iter_boxes(moof, 8) if box.kind == b"traf")
    inner = moof[traf.body : traf.body + kept]
    shorter = [struct.pack(">I", len(inner) + 8) + b"traf" + inner]
    whole = struct.pack(">I", 8 + len(shorter[0])) + b"moof" + shorter[0]

    with contextlib.suppress(MalformedMedia):
        assert parse_fragment(whole, b"", init).data == whole
