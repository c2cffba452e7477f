"""The steps that make a recording presentable: finished, with pictures for its seek bar, as a file to keep."""

import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from django.db import transaction

from media_pipeline.ladder import SOURCE
from media_pipeline.recording import Index, file_of, parse_index, playlist_of
from media_pipeline.recording_files import describe, end_recording, read_stop_reason
from media_pipeline.remux import make_downloads
from media_pipeline.storyboard import make_storyboard
from streaming.models import Broadcast
from streaming.recordings import places
from streaming.recordings.actions import change_key_if_left, policy_of
from streaming.recordings.keeping import drawn_files
from streaming.recordings.models import RecordedRendition, Recording
from streaming.recordings.problems import Problem

# A rendition that has less of the broadcast than this is no choice for viewers.
_LEAST_SHARE = 0.5
_SPARE_BYTES = 256 * 1024 * 1024
# An encoder that connects and sends nothing may be waited for as long as this.
_SURELY_LONG_ENOUGH = timedelta(minutes=11)

Report = Callable[[int, int], None]


class NoRoom(OSError):
    """The disk is too full for this step."""


def finish(recording: Recording, report: Report) -> None:
    """Bring the files into their last shape and read them into the database: from here on it plays.

    A broadcast of which nothing was recorded leaves nothing: the row goes, unless there should be something.
    """
    root = places.root_of(recording.key)
    found = end_recording(root)
    reason = read_stop_reason(root)
    if SOURCE not in found:
        _give_up(recording, reason)
        return
    whole = found[SOURCE].recorded_s
    kept = {name: index for name, index in found.items() if index.recorded_s >= _LEAST_SHARE * whole}
    rows = [_row(recording, root, name, index) for name, index in kept.items()]
    ended_at = recording.broadcast.ended_at or found[SOURCE].entries[-1].at
    days = policy_of(recording.broadcast.channel).keep_days
    with transaction.atomic():
        # Locked: who may see it doesn't change until this is done.
        broadcasts = Broadcast.objects.select_for_update(of=("self",)).select_related("channel")
        broadcast = broadcasts.get(pk=recording.broadcast_id)
        recording.renditions.all().delete()
        RecordedRendition.objects.bulk_create(rows)
        # Somebody may have deleted it meanwhile.
        Recording.objects.filter(pk=recording.pk, state=Recording.State.PROCESSING).update(
            state=Recording.State.READY,
            started_at=found[SOURCE].entries[0].at,
            stop_reason=reason,
            duration_s=found[SOURCE].duration_s,
            size_bytes=sum(row.size_bytes for row in rows),
            keep_until=ended_at + timedelta(days=days) if days else None,
        )
        for name in found.keys() - kept.keys():
            (root / file_of(name)).unlink(missing_ok=True)
        change_key_if_left(recording, broadcast)


def _give_up(recording: Recording, reason: str) -> None:
    """Nothing was recorded: because nothing was sent, or because it couldn't be written."""
    if not reason and not _lasted(recording):
        recording.delete()
        return
    recording.state = Recording.State.FAILED
    recording.stop_reason, recording.problem = reason, "" if reason else Problem.LOST
    recording.save(update_fields=["state", "stop_reason", "problem"])


def _lasted(recording: Recording) -> bool:
    """Whether there was time for a first segment. How long a path that was left had is not known."""
    broadcast = recording.broadcast
    ended_at = broadcast.ended_at or recording.started_at
    return broadcast.media_path == recording.media_path and ended_at - recording.started_at > _SURELY_LONG_ENOUGH


def _row(recording: Recording, root: Path, name: str, index: Index) -> RecordedRendition:
    about = describe(root, name, index)
    return RecordedRendition(
        recording=recording,
        name=name,
        codecs=about.codecs[:80],
        width=about.width,
        height=about.height,
        frame_rate=about.frame_rate,
        bandwidth=about.bandwidth,
        average_bandwidth=about.average_bandwidth,
        size_bytes=index.media_end,
        recorded_s=index.recorded_s,
        playlist=(root / playlist_of(name)).read_text(),
    )


def draw_storyboard(recording: Recording, report: Report) -> None:
    root = places.root_of(recording.key)
    index = parse_index(recording.renditions.get(name=SOURCE).playlist)
    board = make_storyboard(root, _source(recording), index, on_progress=report)
    if not root.exists():
        raise FileNotFoundError(root.name)
    recording.storyboard = asdict(board) if board else None
    recording.has_storyboard_tried = True
    if board is not None:
        recording.size_bytes += sum((root / picture).stat().st_size for picture in drawn_files(recording))
        # Sheets that came after the rest was sent away are sent after it.
        recording.is_stored = False
    recording.save(update_fields=["storyboard", "has_storyboard_tried", "size_bytes", "is_stored"])


def make_download(recording: Recording, report: Report) -> None:
    """Make the MP4 files. Where the recording was sent away its source is brought back for that long."""
    root = places.root_of(recording.key)
    rendition = recording.renditions.get(name=SOURCE)
    root.mkdir(parents=True, exist_ok=True)
    _check_room(root, 2 * rendition.size_bytes)
    source = _source(recording)
    names = make_downloads(root, source.name, parse_index(rendition.playlist))
    recording.downloads = [{"name": name, "size": (root / name).stat().st_size} for name in names]
    recording.size_bytes += sum(download["size"] for download in recording.downloads)
    recording.download_state = Recording.Download.READY
    recording.is_local, recording.is_stored = True, False
    recording.save(update_fields=["downloads", "size_bytes", "download_state", "is_local", "is_stored"])


def _source(recording: Recording) -> Path:
    path = places.root_of(recording.key) / file_of(SOURCE)
    bucket = places.get_bucket()
    if not path.exists() and bucket is not None:
        bucket.fetch(places.object_name(recording.key, path.name), path)
    return path


def _check_room(root: Path, size: int) -> None:
    if shutil.disk_usage(root).free < size + _SPARE_BYTES:
        raise NoRoom(f"{size} bytes wanted")
