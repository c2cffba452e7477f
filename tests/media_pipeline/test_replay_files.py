"""Storyboards and downloads of real recordings, looked at with ffprobe and Pillow."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from media_pipeline.boxes import iter_boxes
from media_pipeline.recording import Index
from media_pipeline.recording_files import end_recording
from media_pipeline.remux import RemuxFailed, make_downloads
from media_pipeline.storyboard import Storyboard, make_storyboard, render_vtt
from tests.media_pipeline import clips
from tests.media_pipeline.recorded import Studio


def recorded(studio: Studio) -> Index:
    studio.end()
    return end_recording(studio.root)["source"]


def probe(path: Path) -> dict[str, Any]:
    fields = "format=duration:stream=codec_type,codec_name,nb_read_frames,width"
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", fields, "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_download_has_every_frame_of_every_session(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    init, fragments = clips.read(clips.both())
    for _ in range(2):
        studio.send_clip()
    # The encoder goes on, but its reader missed a second: the clock doesn't begin at nought.
    studio.show.begin_run(same_clock=False)
    studio.send(init, fragments[6:])
    index = recorded(studio)

    (name,) = make_downloads(studio.root, "source.mp4", index)

    found = probe(studio.root / name)
    assert float(found["format"]["duration"]) == pytest.approx(studio.sent_s, abs=0.1)
    frames = {stream["codec_type"]: int(stream["nb_read_frames"]) for stream in found["streams"]}
    assert frames["video"] == 120 + 120 + sum(fragment.frames for fragment in fragments[6:])
    assert frames["audio"] * 1024 / 48000 == pytest.approx(studio.sent_s, abs=0.1)
    kinds = [box.kind for box in iter_boxes((studio.root / name).read_bytes())]
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert not list(studio.root.glob("*.tmp"))


def test_another_picture_size_begins_another_file(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip(clips.with_b_frames())
    big = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=2", *clips.X264]
    studio.send_clip(clips.encode(*big))
    index = recorded(studio)

    names = make_downloads(studio.root, "source.mp4", index)

    assert names == ["download-1.mp4", "download-2.mp4"]
    assert [probe(studio.root / name)["streams"][0]["width"] for name in names] == [320, 640]


def test_sound_alone_downloads_and_has_no_storyboard(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip(clips.sound_only())
    index = recorded(studio)

    assert make_storyboard(studio.root, studio.root / "source.mp4", index) is None
    (name,) = make_downloads(studio.root, "source.mp4", index)
    assert float(probe(studio.root / name)["format"]["duration"]) == pytest.approx(4, abs=0.1)


def test_a_download_of_what_isnt_media_says_why(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.send_clip()
    index = recorded(studio)
    (studio.root / "source.mp4").write_bytes(b"\0" * index.media_end)

    with pytest.raises(RemuxFailed):
        make_downloads(studio.root, "source.mp4", index)


def test_a_storyboard_shows_what_was_to_be_seen(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    for colour in ("red", "lime", "blue"):
        studio.send_clip(clips.encode("-f", "lavfi", "-i", f"color={colour}:s=320x180:r=30:d=6", *clips.X264))
    index = recorded(studio)
    steps: list[tuple[int, int]] = []

    board = make_storyboard(
        studio.root, studio.root / "source.mp4", index, on_progress=lambda done, of: steps.append((done, of))
    )

    assert board is not None
    assert board.times == (0.0, 6.0, 12.0)
    assert steps[-1] == (3, 3)
    with Image.open(studio.root / board.sheets[0]) as sheet:
        assert sheet.size == (480, 90)
        seen = [sheet.convert("RGB").getpixel((80 + 160 * number, 45)) for number in range(3)]
    with Image.open(studio.root / board.poster) as poster:
        assert poster.size == (640, 360)
    brightest = [max(range(3), key=lambda channel: pixel[channel]) for pixel in seen]  # type: ignore[index]
    assert brightest == [0, 1, 2]


def test_a_damaged_segment_costs_its_tile_alone(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    for _ in range(3):
        studio.send_clip()
    index = recorded(studio)
    media = index.entries[0].media
    assert media is not None
    with (studio.root / "source.mp4").open("r+b") as file:
        file.seek(media.offset)
        file.write(b"\0" * media.size)

    board = make_storyboard(studio.root, studio.root / "source.mp4", index)

    assert board is not None
    assert board.times == (6.0,)


def test_cues_follow_each_other_over_all_recordings() -> None:
    board = Storyboard(("a.webp",), (0.0, 5.0))

    text = render_vtt([(board, ["https://x/a.webp?s=1"], 9.5), (None, [], 3600.0), (board, ["b"], 8.0)])

    assert text.splitlines() == [
        "WEBVTT",
        "",
        "00:00:00.000 --> 00:00:05.000",
        "https://x/a.webp?s=1#xywh=0,0,160,90",
        "",
        "00:00:05.000 --> 00:00:09.500",
        "https://x/a.webp?s=1#xywh=160,0,160,90",
        "",
        "01:00:09.500 --> 01:00:14.500",
        "b#xywh=0,0,160,90",
        "",
        "01:00:14.500 --> 01:00:17.500",
        "b#xywh=160,0,160,90",
    ]
