"""Where the files of recordings are, and the addresses by which browsers get at them.

On this server: `recordings/<key>/` below the media directory, sent by the edge to whoever has a signed address. In a
bucket: objects below the same name, which only presigned addresses open.
"""

import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from streaming.playback import sign
from streaming.recordings.bucket import RecordingBucket
from streaming.recordings.models import Recording

PREFIX = "recordings/"


def get_bucket() -> RecordingBucket | None:
    """The bucket that recordings go to; None where they stay on this server."""
    storage = storages["recordings"]
    return storage if isinstance(storage, RecordingBucket) else None


def root_of(key: str) -> Path:
    """The local directory of a recording."""
    directory: Path = settings.ENV.media_dir / "recordings" / key
    return directory


def object_name(key: str, file: str = "") -> str:
    return f"{PREFIX}{key}/{file}"


def rename_local(key: str, to: str) -> bool:
    """Give a recording's directory another name; whether it was there."""
    with suppress(FileNotFoundError):
        root_of(key).rename(root_of(to))
        return True
    return False


def remove_local(key: str) -> None:
    shutil.rmtree(root_of(key), ignore_errors=True)


def address_of(recording: Recording, file: str, *, until: datetime, now: datetime, download_as: str = "") -> str:
    """Where a browser gets a file of a recording. Ask streaming.recordings.access before giving it away."""
    bucket = get_bucket() if file in recording.stored_files else None
    if bucket is not None:
        seconds = int((until - now).total_seconds())
        return bucket.presign(object_name(recording.key, file), seconds, download_as)
    return f"/recordings/{sign(f'recording:{recording.key}', until)}/{recording.key}/{file}"
