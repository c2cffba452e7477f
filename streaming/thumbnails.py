"""Stills of live broadcasts: one picture of the newest key frame every few seconds, beside the media it shows.

It lies below the media path, so whoever may not watch may not see it, and it goes when the path goes.
"""

import logging
import os
import subprocess
from pathlib import Path

from django.conf import settings

from media_pipeline.ladder import AUDIO, SOURCE
from media_pipeline.line import PLAYLIST
from media_pipeline.playlist import MediaPlaylist, parse_own
from media_pipeline.store import unpack
from streaming.models import Broadcast
from streaming.playback import THUMBNAIL

log = logging.getLogger(__name__)

_WIDTH = 640
_DEADLINE_S = 5.0
_LARGEST_STILL = 512 * 1024
# A segment of the highest bitrate allowed stays far below this.
_LARGEST_PART = 16 * 1024 * 1024


def refresh_all() -> None:
    """A new still of everything that is live, one after the other."""
    for media_path in Broadcast.objects.live().values_list("media_path", flat=True):
        refresh(settings.ENV.media_dir / "live" / media_path)


def refresh(root: Path) -> bool:
    """Make a media path's still anew; False when there is nothing to make it of, or ffmpeg can't."""
    try:
        sample = newest_key_frame(root)
        still = picture(sample) if sample else None
        if still is None:
            return False
        draft = root / f".{THUMBNAIL}.{os.getpid()}"
        draft.write_bytes(still)
        draft.rename(root / THUMBNAIL)
    except OSError as error:
        # The path was taken away meanwhile, or the part left the disk.
        log.info("no still of %s: %s", root.name, error)
        return False
    return True


def newest_key_frame(root: Path) -> bytes | None:
    """Init section and newest independent part of the smallest picture there is; None while there is none."""
    for rendition in _smallest_first(root):
        playlist = _read(rendition / f"{PLAYLIST}.gz")
        for segment in reversed(playlist.segments if playlist else []):
            for part in reversed(segment.parts):
                if part.is_independent and part.size <= _LARGEST_PART:
                    return (rendition / segment.init_uri).read_bytes() + (rendition / part.uri).read_bytes()
    return None


def _smallest_first(root: Path) -> list[Path]:
    names = [path for path in root.iterdir() if path.is_dir() and path.name != AUDIO]
    return sorted(names, key=lambda path: (path.name == SOURCE, len(path.name), path.name))


def _read(path: Path) -> MediaPlaylist | None:
    try:
        return parse_own(unpack(path.read_bytes()))
    except (ValueError, FileNotFoundError):
        return None


def picture(sample: bytes) -> bytes | None:
    """The first frame of a piece of fragmented MP4 as a JPEG; None when it has none or takes too long."""
    command = ["nice", "-n", "15", "ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-threads", "1"]
    command += ["-protocol_whitelist", "file,pipe", "-format_whitelist", "mov", "-f", "mp4", "-i", "pipe:0"]
    command += ["-an", "-frames:v", "1", "-vf", f"scale='min({_WIDTH},iw)':-2", "-q:v", "6"]
    command += ["-threads", "1", "-map_metadata", "-1", "-f", "mjpeg", "pipe:1"]
    try:
        done = subprocess.run(command, input=sample, capture_output=True, timeout=_DEADLINE_S, check=False)
    except subprocess.TimeoutExpired:
        log.warning("a still took longer than %s s", _DEADLINE_S)
        return None
    if done.returncode or not done.stdout or len(done.stdout) > _LARGEST_STILL:
        log.info("no still: %s", done.stderr.decode(errors="replace").strip()[-200:])
        return None
    return done.stdout
