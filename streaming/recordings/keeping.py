"""The steps that put a recording where it stays, and take it away: upload, clear, move, delete."""

import time
from collections.abc import Callable

from media_pipeline.recording import file_of
from streaming.recordings import places
from streaming.recordings.models import Recording

# So long one recording is sent before others have their turn.
_TURN_S = 60.0

Report = Callable[[int, int], None]


def files_of(recording: Recording) -> dict[str, int]:
    """Every file of a finished recording that viewers may ask for, with its size where the database knows it."""
    files = {file_of(rendition.name): rendition.size_bytes for rendition in recording.renditions.all()}
    files |= dict.fromkeys(drawn_files(recording), 0)
    return files | {download["name"]: download["size"] for download in recording.downloads}


def drawn_files(recording: Recording) -> list[str]:
    """The pictures of a recording: the storyboard's sheets and the poster."""
    board = recording.storyboard or {}
    return [*board.get("sheets", ()), *filter(None, [board.get("poster")])]


def upload(recording: Recording, report: Report) -> None:
    """Send what the bucket hasn't yet. Once it has confirmed a file, viewers get it from there."""
    bucket = places.get_bucket()
    assert bucket is not None
    root = places.root_of(recording.key)
    local = {name: (root / name, size) for name, size in files_of(recording).items() if (root / name).exists()}
    sizes = {name: size or path.stat().st_size for name, (path, size) in local.items()}
    deadline, sent, total = time.monotonic() + _TURN_S, 0, sum(sizes.values())
    for name, (path, _) in local.items():
        before = sent
        bucket.send(
            path,
            places.object_name(recording.key, name),
            sizes[name],
            deadline=deadline,
            on_progress=lambda done, before=before: report(before + done, total),  # type: ignore[misc]
        )
        sent += sizes[name]
        recording.stored_files = sorted({*recording.stored_files, name})
        recording.save(update_fields=["stored_files"])
    if missing := files_of(recording).keys() - {*recording.stored_files}:
        raise FileNotFoundError(", ".join(sorted(missing)))
    recording.is_stored = True
    recording.save(update_fields=["is_stored"])


def clear_local(recording: Recording, report: Report) -> None:
    """The bucket has it: the disk is wanted for others."""
    places.remove_local(recording.key)
    recording.is_local = False
    recording.save(update_fields=["is_local"])


def move(recording: Recording, report: Report) -> None:
    """Bring the files to the recording's present key."""
    bucket = places.get_bucket()
    places.rename_local(recording.old_key, recording.key)
    if bucket is not None:
        bucket.move(places.object_name(recording.old_key), places.object_name(recording.key))
    Recording.objects.filter(pk=recording.pk, key=recording.key).update(old_key="")


def delete(recording: Recording, report: Report) -> None:
    """Take every file away, then the row."""
    bucket = places.get_bucket()
    for key in filter(None, {recording.key, recording.old_key, recording.media_path}):
        places.remove_local(key)
        if bucket is not None:
            bucket.remove_below(places.object_name(key))
    recording.delete()
