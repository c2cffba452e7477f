"""Clips for encoders: encoded once, sent with `-c copy`."""

import subprocess
from pathlib import Path

PICTURE = "testsrc2=s={size}:r={rate}:d={seconds}"
SOUND = "sine=f=440:r=48000:d={seconds}"


def make_clip(
    path: Path,
    *,
    size: str = "640x360",
    rate: str = "30",
    gop: int = 60,
    seconds: int = 10,
    picture: bool = True,
    sound: bool = True,
    options: tuple[str, ...] = (),
) -> Path:
    """An FLV file of H.264 and AAC; `gop` in frames."""
    inputs: list[str] = []
    if picture:
        inputs += ["-f", "lavfi", "-i", PICTURE.format(size=size, rate=rate, seconds=seconds)]
    if sound:
        inputs += ["-f", "lavfi", "-i", SOUND.format(seconds=seconds)]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", str(gop), "-sc_threshold", "0"]
    audio = ["-c:a", "aac", "-b:a", "96k"]
    command = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin", *inputs, *video, *audio, *options]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return path
