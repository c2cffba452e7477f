"""Whatever an encoder may send: it plays, or is refused with the reason."""

import json
import re
import subprocess
import time
from functools import partial
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.e2e import flv
from tests.e2e.clips import make_clip
from tests.e2e.conftest import Eventually, StartEncoder
from tests.e2e.test_broadcast import source_text
from tests.stack import Channel, RunningStack

UNEVEN = ("-vf", "select='if(lt(mod(t\\,4)\\,2)\\,1\\,not(mod(n\\,2)))'", "-fps_mode", "vfr")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small clips of every shape, encoded once."""
    folder = tmp_path_factory.mktemp("formats")
    small = {"size": "320x180", "seconds": 8}
    made = {
        "25 fps, mono": make_clip(folder / "pal.flv", rate="25", gop=50, options=("-ac", "1"), **small),  # type: ignore[arg-type]
        "60 fps": make_clip(folder / "fast.flv", rate="60", gop=120, **small),  # type: ignore[arg-type]
        "24 fps": make_clip(folder / "film.flv", rate="24", gop=48, **small),  # type: ignore[arg-type]
        "uneven frame rate": make_clip(folder / "vfr.flv", options=UNEVEN, **small),  # type: ignore[arg-type]
        "no sound": make_clip(folder / "mute.flv", sound=False, **small),  # type: ignore[arg-type]
        "sound alone": make_clip(folder / "radio.flv", picture=False, **small),  # type: ignore[arg-type]
    }
    return made


def decode(channel: Channel, seconds: int) -> dict[str, int]:
    """Play a channel with ffmpeg as a plain HLS client; frames decoded of each kind."""
    command = ["ffmpeg", "-v", "error", "-stats", "-i", channel.playlist_url, "-t", str(seconds)]
    command += ["-map", "0:v:0?", "-map", "0:a:0?", "-f", "framecrc", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith("#")]
    kinds = dict(re.findall(r"#media_type (\d): (\w+)", done.stdout))
    return {kind: sum(line.startswith(f"{index},") for line in lines) for index, kind in kinds.items()}


def test_every_shape_of_stream_plays(
    stack: RunningStack, encoder: StartEncoder, clips: dict[str, Path], eventually: Eventually
) -> None:
    channels = {name: stack.channel() for name in clips}
    for name, clip in clips.items():
        encoder(channels[name], clip)
    for channel in channels.values():
        eventually(lambda channel=channel: stack.is_playable(channel), within=15)

    for name, channel in channels.items():
        # Players that know no parts start when there is a whole segment.
        eventually(lambda channel=channel: "#EXTINF" in source_text(stack, channel), within=8)
        frames = decode(channel, 2)
        assert ("video" in frames) == (name != "sound alone"), name
        assert ("audio" in frames) == (name != "no sound"), name
        assert all(count > 20 for count in frames.values()), (name, frames)


def test_what_changes_on_the_way_plays_on(
    stack: RunningStack, encoder: StartEncoder, tmp_path: Path, eventually: Eventually
) -> None:
    """Key frames that turn out to be too far apart, another picture size, and a clock that jumps; side by side."""
    first = make_clip(tmp_path / "a.flv", size="320x180", seconds=6)
    large = make_clip(tmp_path / "b.flv", size="640x360", seconds=10)
    after = make_clip(tmp_path / "c.flv", size="320x180", seconds=10)
    sent = {
        "far apart": make_clip(tmp_path / "obs.flv", size="320x180", gop=250, seconds=17),
        "resized": flv.join(tmp_path / "ab.flv", first, large, after_ms=4000, gap_ms=0),
        # ffmpeg sends by the clock it jumps with: it falls silent for as long.
        "jumped": flv.join(tmp_path / "ac.flv", first, after, after_ms=4000, gap_ms=5000),
    }
    channels = {name: stack.channel() for name in sent}
    for name, clip in sent.items():
        encoder(channels[name], clip)

    for name, channel in channels.items():
        change = "-init1.mp4" if name == "far apart" else "#EXT-X-DISCONTINUITY\n"
        text = eventually(partial(source_with, stack, channel, change), within=25)
        assert text.count("#EXT-X-DISCONTINUITY\n") == 1, name
        has_other_init = "#EXT-X-MAP" in text.partition("#EXT-X-DISCONTINUITY\n")[2]
        assert has_other_init == (name != "jumped"), name
    for channel in channels.values():
        eventually(lambda channel=channel: len(durations(source_text(stack, channel))) >= 4, within=15)
    assert max(durations(source_text(stack, channels["far apart"]))) < 3.5


def source_with(stack: RunningStack, channel: Channel, text: str) -> str:
    """The source rendition's playlist once this is in it."""
    found = source_text(stack, channel) if stack.is_playable(channel) else ""
    return found if text in found else ""


def durations(text: str) -> list[float]:
    return [float(value) for value in re.findall(r"#EXTINF:([\d.]+)", text)]


def refusal_of(stack: RunningStack, channel: Channel) -> dict[str, str] | None:
    script = (
        "import json; from streaming.models import Refusal; "
        f"row = Refusal.objects.filter(channel__name='{channel.channel}').values('code', 'message').first(); "
        "print(json.dumps(row))"
    )
    row: dict[str, str] | None = json.loads(stack.manage("shell", "-v", "0", "-c", script).splitlines()[-1])
    return row


def test_what_cannot_be_carried_is_refused_within_five_seconds(
    stack: RunningStack, encoder: StartEncoder, tmp_path: Path
) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    hevc = make_hevc(program, tmp_path / "hevc.mp4")
    large = make_clip(tmp_path / "large.flv", size="2560x1440", rate="10", gop=20, seconds=3, sound=False)
    channels = {"codec": stack.channel(), "picture_size": stack.channel()}
    started = time.monotonic()
    senders = [encoder(channels["codec"], hevc, program=program), encoder(channels["picture_size"], large)]

    for sender in senders:
        sender.wait(within=12)

    assert time.monotonic() - started < 10
    for code, channel in channels.items():
        refusal = refusal_of(stack, channel)
        assert refusal is not None
        assert refusal["code"] == code


def make_hevc(program: str, path: Path) -> Path:
    picture = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=4", "-c:v", "libx265", "-preset", "ultrafast"]
    command = [program, "-y", "-loglevel", "error", *picture, "-x265-params", "log-level=none", "-g", "30"]
    subprocess.run([*command, str(path)], check=True, timeout=60, capture_output=True)
    return path
