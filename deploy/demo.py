"""The demo encoder: a test card with a running clock and a quiet tone, sent to the demo channel for ever.

    python -m deploy.demo

Where to is read from var/demo.json, which the launcher writes.
"""

import json
import math
import os
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import FrameType

from deploy.start import die_with_parent

FONTS = Path("/usr/share/fonts/truetype/dejavu")
WIDTH, HEIGHT, FRAME_RATE = 1280, 720, 30
NIGHT, DEEP, LINE, MIST, PAPER, AMBER = "0x0b1120", "0x131c33", "0x26324f", "0x8d99b5", "0xe9edf7", "0xf5b041"
SWATCHES = ("0xf5b041", "0xd8894a", "0xb0645c", "0x7f5573", "0x55548a", "0x3a5f9e", "0x3f86ae", "0x6fb3b8")
MARGIN, BAR_TOP, BAR_HEIGHT = 80, 560, 48
LONGEST_PAUSE_S = 15.0
LASTED_S = 20.0
STARTS_IN_S = 0.2


def escape(text: str) -> str:
    """`text` as the value of a filter's option: once for the option, once for the graph around it."""
    for special in ("\\':", "\\'[],;"):
        text = "".join(f"\\{letter}" if letter in special else letter for letter in text)
    return text


def box(x: int, y: int, width: int, height: int, colour: str) -> str:
    """A filled rectangle."""
    return f"drawbox=x={x}:y={y}:w={width}:h={height}:color={colour}:t=fill"


def words(text: str, font: str, size: int, colour: str, x: str, y: int) -> str:
    """A line of text; `%{...}` in it is expanded for each frame."""
    face = escape(str(FONTS / f"{font}.ttf"))
    return f"drawtext=fontfile={face}:text={escape(text)}:fontsize={size}:fontcolor={colour}:x={x}:y={y}"


def swatches() -> list[str]:
    """The colour bars, and under them the greys in sixteen steps."""
    across = WIDTH - 2 * MARGIN
    edges = [MARGIN + round(across * step / len(SWATCHES)) for step in range(len(SWATCHES) + 1)]
    bars = [
        box(left, BAR_TOP, right - left, BAR_HEIGHT, colour)
        for (left, right), colour in zip(pairwise(edges), SWATCHES, strict=True)
    ]
    edges = [MARGIN + round(across * step / 16) for step in range(17)]
    greys = [f"0x{level:02x}{level:02x}{level:02x}" for level in range(0, 256, 17)]
    steps = [
        box(left, BAR_TOP + BAR_HEIGHT, right - left, 16, grey)
        for (left, right), grey in zip(pairwise(edges), greys, strict=True)
    ]
    return bars + steps


def still(channel: str) -> list[str]:
    """What never moves; drawn once."""
    frame = [
        box(MARGIN, 64, 6, 64, AMBER),
        words("Estrade", "DejaVuSans-Bold", 44, PAPER, str(MARGIN + 28), 60),
        words("Your own stage, a second or two from camera to viewer", "DejaVuSans", 20, MIST, str(MARGIN + 30), 110),
        words(f"@{channel}", "DejaVuSans", 24, AMBER, f"w-tw-{MARGIN}", 72),
        box(MARGIN, 164, WIDTH - 2 * MARGIN, 1, LINE),
        box(MARGIN, 470, WIDTH - 2 * MARGIN, 6, DEEP),
        words("Test card. Start OBS to take its place.", "DejaVuSans", 20, MIST, str(MARGIN), 660),
    ]
    return frame + swatches()


def picture(channel: str, epoch: int) -> str:
    """The card: a still frame, repeated, with the clock and the second's sweep over it."""
    clock = words(f"%{{pts:localtime:{epoch}:%H\\:%M\\:%S}}", "DejaVuSansMono-Bold", 168, PAPER, "(w-tw)/2", 232)
    date = words(f"%{{pts:localtime:{epoch}:%A %d %B %Y, %Z}}", "DejaVuSans", 24, MIST, "(w-tw)/2", 412)
    travel = WIDTH - 2 * MARGIN - 80
    card = ",".join([f"color={NIGHT}:s={WIDTH}x{HEIGHT}:r={FRAME_RATE}", *still(channel), "trim=end_frame=1"])
    return (
        f"{card},loop=-1:1,setpts=N,{clock},{date}[card];"
        f"color={AMBER}:s=80x6:r={FRAME_RATE}[sweep];"
        f"[card][sweep]overlay=x='{MARGIN}+{travel}*abs(mod(t,2)-1)':y=470:shortest=1,format=yuv420p[out0]"
    )


def tone() -> str:
    """A soft chord that breathes, and a pip each second by which picture and sound can be compared."""
    chord = "0.02*(sin(2*PI*196*t)+sin(2*PI*294*t)*(0.5+0.5*sin(0.4*t)))"
    pip = "0.06*sin(2*PI*880*t)*exp(-40*mod(t,1))"
    return f"aevalsrc='{chord}+{pip}':s=48000,aformat=channel_layouts=stereo[out1]"


def encoder_command(target: str, channel: str, epoch: int) -> list[str]:
    """ffmpeg, sending the card at the speed of a clock, with little work for the machine."""
    graph = f"{picture(channel, epoch)};{tone()}"
    gop = str(2 * FRAME_RATE)
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "main"]
    video += ["-b:v", "1200k", "-maxrate", "1500k", "-bufsize", "1500k"]
    # How RGB was turned into YUV: players take what isn't said for BT.709.
    for name in ("colorspace", "color_primaries", "color_trc"):
        video += [f"-{name}", "smpte170m"]
    video += ["-color_range", "tv", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0"]
    audio = ["-c:a", "aac", "-aac_coder", "fast", "-b:a", "96k", "-ar", "48000"]
    head = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-re", "-f", "lavfi", "-i", graph]
    return [*head, *video, *audio, "-threads", "1", "-f", "flv", target]


def send(ingest_url: str, key: str, channel: str) -> float:
    """Send until the connection ends; returns for how many seconds it held."""
    # The clock on the card starts with ffmpeg: start it on a full second.
    epoch = math.ceil(time.time() + STARTS_IN_S)
    time.sleep(max(0.0, epoch - STARTS_IN_S - time.time()))
    started = time.monotonic()
    command = encoder_command(f"{ingest_url}/{key}?standby=1", channel, epoch)
    die = partial(die_with_parent, signal.SIGKILL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=die) as encoder:
        assert encoder.stderr is not None
        for line in encoder.stderr:
            print(line.replace(key, "(key)"), end="", file=sys.stderr)
    return time.monotonic() - started


def stop(number: int, frame: FrameType | None) -> None:
    """End at once; the kernel ends the encoder with us."""
    os._exit(0)


def main() -> None:
    """Send the card, and again with growing pauses whenever ingest is away or refuses it."""
    signal.signal(signal.SIGTERM, stop)
    channel = json.loads((Path(os.environ["ESTRADE_VAR"]) / "demo.json").read_text())["channel"]
    ingest_url, key = os.environ.get("DEMO_TARGET", channel["ingest_url"]), channel["stream_key"]
    pause = 0.5
    while True:
        pause = 0.5 if send(ingest_url, key, channel["channel"]) > LASTED_S else min(2 * pause, LONGEST_PAUSE_S)
        time.sleep(pause)


if __name__ == "__main__":
    main()
