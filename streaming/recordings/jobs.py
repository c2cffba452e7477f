"""What a worker does with a recording, step by step, until nothing is left to do.

Which step comes next follows from the row alone, and each can be done again: a worker that dies costs the time of one
step. A worker holds the row by a time stamp that it renews; whoever finds it lapsed goes on.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from media_pipeline.boxes import MalformedMedia
from media_pipeline.remux import RemuxFailed
from streaming.recordings import keeping, places, preparing
from streaming.recordings.bucket import STORE_ERRORS, OutOfTime
from streaming.recordings.models import Recording
from streaming.recordings.problems import Problem

log = logging.getLogger(__name__)

_HELD, _RENEW_S = timedelta(seconds=90), 30.0
_FIRST_RETRY_S, _LAST_RETRY_S = 10, 3600
_TRIES_BEFORE_FAILED = 6
_PROGRESS_EACH_S = 1.0
_WORKED_ON = (Recording.State.PROCESSING, Recording.State.READY)

Step = Callable[[Recording, "Reporter"], None]


class Reporter:
    """Writes down how far a step is, once a second."""

    def __init__(self, recording: Recording) -> None:
        self._recording, self._told_at = recording, 0.0

    def __call__(self, done: int, of: int) -> None:
        if time.monotonic() - self._told_at >= _PROGRESS_EACH_S:
            self._told_at = time.monotonic()
            percent = min(100, 100 * done // max(1, of))
            Recording.objects.filter(pk=self._recording.pk).update(progress_percent=percent)


def next_step(recording: Recording) -> tuple[str, Step] | None:
    """What is to be done now, by name."""
    state, is_remote = recording.state, places.get_bucket() is not None
    is_ready = state == Recording.State.READY
    steps: list[tuple[bool, str, Step]] = [
        (state == Recording.State.DELETING, "delete", keeping.delete),
        (bool(recording.old_key) and state in _WORKED_ON, "move", keeping.move),
        (state == Recording.State.PROCESSING, "finish", preparing.finish),
        (is_ready and not recording.has_storyboard_tried, "storyboard", preparing.draw_storyboard),
        (is_ready and recording.download_state == Recording.Download.WANTED, "download", preparing.make_download),
        (is_ready and is_remote and not recording.is_stored, "upload", keeping.upload),
        (is_ready and recording.is_stored and recording.is_local, "clear", keeping.clear_local),
    ]
    return next(((name, step) for is_due, name, step in steps if is_due), None)


def advance(recording_id: UUID) -> bool:
    """Do the next step of a recording that nobody else holds; whether there is more to do at once."""
    with _held(recording_id, timezone.now()) as recording:
        if recording is None:
            return False
        found = next_step(recording)
        if found is None:
            return False
        name, step = found
        return _do(recording, name, step)


def _do(recording: Recording, name: str, step: Step) -> bool:
    Recording.objects.filter(pk=recording.pk).update(task=name, progress_percent=0)
    try:
        step(recording, Reporter(recording))
    except OutOfTime:
        # Others have their turn; what was sent stays sent.
        return True
    except Exception as error:  # noqa: BLE001 whatever it is, the row says so and it is tried again
        log.warning("recording %s: %s failed: %r", recording.pk, name, error)
        _note_failure(recording, name, error, timezone.now())
        return False
    done = Recording.objects.filter(pk=recording.pk).first()
    if done is None:
        return False
    done.tries, done.next_try_at, done.task = 0, None, ""
    if done.state != Recording.State.FAILED:
        done.problem = done.problem_detail = ""
    done.save(update_fields=["tries", "next_try_at", "task", "problem", "problem_detail"])
    return next_step(done) is not None


def _note_failure(recording: Recording, name: str, error: Exception, now: datetime) -> None:
    """Say what went wrong and when it is tried again; give up what trying again doesn't mend."""
    key = recording.key
    try:
        recording.refresh_from_db()
    except Recording.DoesNotExist:
        # Its broadcast went in the meantime, and it along: the files are reclaimed as strays.
        return
    if recording.key != key:
        # Its files were moved away under this step: it is done again where they are now.
        Recording.objects.filter(pk=recording.pk).update(task="")
        return
    recording.tries += 1
    wait = min(_FIRST_RETRY_S * 2 ** (recording.tries - 1), _LAST_RETRY_S)
    recording.next_try_at = now + timedelta(seconds=wait)
    recording.problem, recording.problem_detail = _problem_of(name, error), repr(error)[:300]
    recording.task = ""
    if name == "finish" and recording.tries >= _TRIES_BEFORE_FAILED:
        recording.state = Recording.State.FAILED
    elif name == "download" and (recording.tries >= _TRIES_BEFORE_FAILED or isinstance(error, RemuxFailed)):
        recording.download_state = Recording.Download.FAILED
        recording.next_try_at = None
    elif name == "storyboard":
        recording.has_storyboard_tried = True
        recording.next_try_at, recording.problem = None, ""
    recording.save()


def _problem_of(name: str, error: Exception) -> Problem:
    if isinstance(error, preparing.NoRoom):
        return Problem.DISK
    if name in ("upload", "move", "delete") and isinstance(error, STORE_ERRORS):
        return Problem.STORAGE
    if isinstance(error, (ValueError, MalformedMedia)):
        return Problem.DAMAGED
    return Problem.UNKNOWN


@contextmanager
def _held(recording_id: UUID, now: datetime) -> Iterator[Recording | None]:
    """The recording, if nobody else works on it and it isn't to wait; renewed for as long as the block takes."""
    free = Recording.objects.free(now).filter(pk=recording_id)
    if not free.update(held_until=now + _HELD):
        yield None
        return
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(recording_id, over), daemon=True)
    renewing.start()
    try:
        yield Recording.objects.select_related("broadcast__channel").get(pk=recording_id)
    finally:
        over.set()
        renewing.join()
        Recording.objects.filter(pk=recording_id).update(held_until=None)


def _renew(recording_id: UUID, over: threading.Event) -> None:
    while not over.wait(_RENEW_S):
        try:
            Recording.objects.filter(pk=recording_id).update(held_until=timezone.now() + _HELD)
        finally:
            connection.close()
