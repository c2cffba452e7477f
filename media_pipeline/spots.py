"""An advertiser's video made into one of ours: probed, bounded, loudness-normalised, as MP4 and as HLS over one file.

ffmpeg reads what somebody uploaded: local files alone, the demuxers of usual containers alone, and never for long.
"""

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LONGEST_S, SHORTEST_S = 60.0, 5.0
MAX_SIDE = 4096
MP4, HLS = "ad.mp4", "ad.m3u8"
# What broadcasters in Europe aim at, a little louder (EBU R 128 s2 for streaming).
_LOUDNESS = "loudnorm=I=-16:TP=-1.5:LRA=11,aresample=48000"
_PICTURE = (
    "scale=w='min(1280,iw)':h='min(720,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,"
    "fps=fps='min(source_fps,30)',format=yuv420p"
)
_INPUT = ["-protocol_whitelist", "file", "-format_whitelist", "mov,mp4,matroska,webm,mpegts,avi,flv"]
_PROBE_WITHIN_S, _MAKE_WITHIN_S = 20, 600
# Of the last picture and the last sound, the shorter one's end counts.
_SHORT_BY_MS = 100
Tell = Callable[[int], None]


class BadSpot(Exception):
    """It can't be played as an ad; the message is ffmpeg's, or a word of ours."""


@dataclass(frozen=True)
class Spot:
    """What was made."""

    duration_ms: int
    width: int
    height: int
    size: int
    sha256: str


def probe(path: Path) -> float:
    """How long a video is, in seconds. Raises BadSpot when it is none, or out of bounds."""
    command = ["ffprobe", "-v", "error", *_INPUT, "-show_entries", "stream=codec_type,width,height:format=duration"]
    told = json.loads(_run([*command, "-of", "json", str(path)], _PROBE_WITHIN_S) or "{}")
    pictures = [one for one in told.get("streams", []) if one.get("codec_type") == "video"]
    try:
        seconds = float(told["format"]["duration"])
    except (KeyError, ValueError) as error:
        raise BadSpot("length") from error
    if not pictures:
        raise BadSpot("picture")
    if not all(16 <= int(pictures[0].get(side) or 0) <= MAX_SIDE for side in ("width", "height")):
        raise BadSpot("size")
    if not SHORTEST_S <= seconds <= LONGEST_S + 0.5:
        raise BadSpot("length")
    return seconds


def make_spot(source: Path, folder: Path, tell: Tell = lambda percent: None) -> Spot:
    """Write the MP4 and the HLS playlist over the same pictures into a folder. Raises BadSpot."""
    seconds = probe(source)
    has_sound = bool(_run(_sound_of(source), _PROBE_WITHIN_S).strip())
    folder.mkdir(parents=True, exist_ok=True)
    command = ["ffmpeg", "-y", "-hide_banner", "-nostdin", "-loglevel", "error", "-progress", "pipe:1", *_INPUT]
    command += ["-i", str(source)]
    if not has_sound:
        command += ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo"]
    command += ["-map", "0:v:0", "-map", "0:a:0" if has_sound else "1:a:0", "-t", str(LONGEST_S), "-shortest"]
    command += ["-vf", _PICTURE, *(["-af", _LOUDNESS] if has_sound else []), "-map_metadata", "-1"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-maxrate", "3M", "-bufsize", "6M"]
    command += ["-force_key_frames", "expr:gte(t,n_forced*2)", "-c:a", "aac", "-b:a", "128k", "-ac", "2"]
    _transcode([*command, "-movflags", "+faststart", "-f", "mp4", str(folder / MP4)], seconds, tell)
    _package(folder)
    spot = _facts(folder)
    # A container may promise more than its pictures last.
    if spot.duration_ms < SHORTEST_S * 1000 - _SHORT_BY_MS:
        raise BadSpot("length")
    return spot


def _sound_of(path: Path) -> list[str]:
    return ["ffprobe", "-v", "error", *_INPUT, "-select_streams", "a:0", "-show_entries", "stream=index", str(path)]


def _transcode(command: list[str], seconds: float, tell: Tell) -> None:
    """Told as it goes on, in percent; ended when it takes too long."""
    limited = ["timeout", "--kill-after=5", str(_MAKE_WITHIN_S), *command]
    # A pipe that nobody reads meanwhile would fill, and stop what writes to it.
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        with subprocess.Popen(limited, stdout=subprocess.PIPE, stderr=said, text=True, errors="replace") as process:
            assert process.stdout is not None
            for line in process.stdout:
                name, _equals, value = line.strip().partition("=")
                if name == "out_time_us" and value.isdigit():
                    tell(min(99, round(int(value) / 10_000 / seconds)))
        said.seek(0)
        message = said.read()
    if process.returncode:
        raise BadSpot(message.strip()[-300:] or "deadline")


def _package(folder: Path) -> None:
    """HLS in one file of byte ranges, from the MP4 as it is."""
    command = ["ffmpeg", "-y", "-hide_banner", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "file"]
    command += ["-i", MP4, "-c", "copy", "-f", "hls", "-hls_playlist_type", "vod", "-hls_time", "2"]
    command += ["-hls_segment_type", "fmp4", "-hls_flags", "single_file", HLS]
    _run(command, _PROBE_WITHIN_S * 3, cwd=folder)


def _facts(folder: Path) -> Spot:
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v:0",
        "-show_entries",
        "stream=width,height:format=duration",
    ]
    told = json.loads(_run([*command, "-of", "json", str(folder / MP4)], _PROBE_WITHIN_S))
    picture, data = told["streams"][0], (folder / MP4).read_bytes()
    length = round(float(told["format"]["duration"]) * 1000)
    return Spot(length, picture["width"], picture["height"], len(data), hashlib.sha256(data).hexdigest())


def _run(command: list[str], within_s: float, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, check=True, text=True, errors="replace", timeout=within_s
        )
    except subprocess.CalledProcessError as error:
        raise BadSpot(error.stderr.strip()[-300:]) from error
    except subprocess.TimeoutExpired as error:
        raise BadSpot("deadline") from error
    return done.stdout
