"""The ffmpeg command lines, as argument lists. Why each flag is there was measured, not guessed.

`-copyts` keeps the encoder's clock through every reader: source, re-encoded and lower renditions agree to the
millisecond, and so does a successor that joins later. `-fpsprobesize 0` and a short `-analyzeduration` save two
seconds at the start for a reader that was there before the encoder. Without `-tcp_nodelay`, Nagle's algorithm and
delayed acknowledgements hold up RTMP's small requests by 40 ms each, three times before a reader is in.
"""

import math
from collections.abc import Sequence
from typing import Any

import ffmpeg

from media_pipeline.ladder import Rendition

PART_US = 333_000
FIRST_READER_ANALYZE_US = 1_000_000
LATE_READER_ANALYZE_US = 12_000_000
KEY_FRAME_S = 2.0
# At first there are more key frames, so that going over to the re-encoder needs no waiting.
EAGER_KEY_FRAME_S, EAGER_FOR_S = 1.0, 4.5

_MP4: dict[str, Any] = {
    "format": "mp4",
    "movflags": "+frag_keyframe+empty_moov+default_base_moof+skip_trailer+frag_discont",
    "frag_duration": PART_US,
    "flush_packets": 1,
    "use_editlist": 0,
    "avoid_negative_ts": "disabled",
    "map_metadata": -1,
}
_ENCODER: dict[str, Any] = {
    "codec:v": "libx264",
    "tune": "zerolatency",
    "profile:v": "high",
    "pix_fmt": "yuv420p",
    "sc_threshold": 0,
    "g": 600,
    "fps_mode": "passthrough",
    "enc_time_base": -1,
}
# Key frames on a grid that counts from the first frame, as ffmpeg's `t` does.
_STEP = f"if(lt(t,{EAGER_FOR_S}),{EAGER_KEY_FRAME_S},{KEY_FRAME_S})"
_GRID = f"expr:isnan(prev_forced_t)+gt(floor(t/{_STEP}),floor(prev_forced_t/{_STEP}))"


def next_grid_key(after_s: float) -> float:
    """When the grid's next key frame is due at or after a time, both in seconds from its first frame."""
    step = EAGER_KEY_FRAME_S if after_s <= EAGER_FOR_S - EAGER_KEY_FRAME_S / 2 else KEY_FRAME_S
    return math.ceil(after_s / step) * step


def _input(url: str, *, is_first: bool) -> Any:
    return ffmpeg.input(
        url,
        copyts=None,
        analyzeduration=FIRST_READER_ANALYZE_US if is_first else LATE_READER_ANALYZE_US,
        fpsprobesize=0,
        rw_timeout=20_000_000,
        tcp_nodelay=1,
        protocol_whitelist="rtmp,tcp",
        format_whitelist="flv",
        threads=2,
    )


def _finish(*outputs: Any) -> list[str]:
    command = ffmpeg.merge_outputs(*outputs) if len(outputs) > 1 else outputs[0]
    args: list[str] = command.global_args("-hide_banner", "-nostdin", "-loglevel", "warning").compile()
    return args


def _audio(codec: str) -> dict[str, Any]:
    if codec == "copy":
        return {"codec:a": "copy"}
    return {"codec:a": "aac", "b:a": "128k", "ar": 48000}


def copy_command(url: str, pipe: int, *, audio: str, is_first: bool) -> list[str]:
    """Pass the encoder's video through to a pipe. `audio` is "copy", or "aac" to re-encode what isn't AAC."""
    source = _input(url, is_first=is_first)
    return _finish(
        ffmpeg.output(source["v:0?"], source["a:0?"], f"pipe:{pipe}", **{"codec:v": "copy"}, **_audio(audio), **_MP4)
    )


def lower_command(url: str, renditions: Sequence[tuple[Rendition, int]], *, audio: str, is_first: bool) -> list[str]:
    """Lower renditions whose key frames are the source's own; each with the pipe it goes to."""
    source = _input(url, is_first=is_first)
    return _finish(*(_lower(source, rendition, pipe, "source", audio) for rendition, pipe in renditions))


def grid_command(
    url: str,
    pipe: int,
    renditions: Sequence[tuple[Rendition, int]],
    *,
    bitrate_bps: int,
    audio: str,
    is_first: bool,
) -> list[str]:
    """The source re-encoded with a key frame every 2 s, and lower renditions with the same key frames."""
    source = _input(url, is_first=is_first)
    top = ffmpeg.output(
        source["v:0?"],
        source["a:0?"],
        f"pipe:{pipe}",
        preset="superfast",
        crf=21,
        maxrate=bitrate_bps,
        bufsize=bitrate_bps,
        force_key_frames=_GRID,
        **_ENCODER,
        **_audio(audio),
        **_MP4,
    )
    return _finish(top, *(_lower(source, rendition, at, _GRID, audio) for rendition, at in renditions))


def _lower(source: Any, rendition: Rendition, pipe: int, key_frames: str, audio: str) -> Any:
    return ffmpeg.output(
        source["v:0?"],
        source["a:0?"],
        f"pipe:{pipe}",
        vf=f"scale=-2:'min({rendition.height},ih)'",
        preset="veryfast",
        crf=23,
        maxrate=rendition.bitrate_bps,
        bufsize=rendition.bitrate_bps,
        force_key_frames=key_frames,
        **_ENCODER,
        **_audio(audio),
        **_MP4,
    )
