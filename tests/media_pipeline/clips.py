"""Small encoded clips for tests, made once a run by the ffmpeg that runs in production."""

import subprocess
from functools import cache

from media_pipeline.boxes import BoxReader, Fragment, Init, parse_fragment, parse_init

FLAGS = [
    *("-f", "mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof+skip_trailer+frag_discont"),
    *("-frag_duration", "333000", "-use_editlist", "0", "-avoid_negative_ts", "disabled", "pipe:1"),
]
VIDEO = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=4"]
AUDIO = ["-f", "lavfi", "-i", "sine=f=440:r=48000:d=4"]
X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-bf", "0", "-pix_fmt", "yuv420p"]


@cache
def encode(*arguments: str) -> bytes:
    """What ffmpeg writes to a pipe with the packager's own flags."""
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", *arguments, *FLAGS]
    return subprocess.run(command, check=True, capture_output=True, timeout=30).stdout


def both() -> bytes:
    return encode(*VIDEO, *AUDIO, *X264, "-c:a", "aac", "-b:a", "64k")


def with_b_frames() -> bytes:
    return encode(*VIDEO, "-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-pix_fmt", "yuv420p")


def sound_only() -> bytes:
    return encode(*AUDIO, "-c:a", "aac", "-b:a", "64k")


def read(data: bytes, step: int = 65536) -> tuple[Init, list[Fragment]]:
    """Init section and fragments of a clip, fed to the reader in steps of so many bytes."""
    reader, init, fragments, head, moof = BoxReader(), None, [], b"", b""
    for start in range(0, len(data), step):
        for kind, box in reader.feed(data[start : start + step]):
            if kind == b"ftyp":
                head = box
            elif kind == b"moov":
                init = parse_init(head + box)
            elif kind == b"moof":
                moof = box
            elif kind == b"mdat":
                assert init is not None
                fragments.append(parse_fragment(moof, box, init))
    assert init is not None
    return init, fragments
