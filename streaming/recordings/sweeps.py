"""What looks after recordings from time to time, and mends what nobody did: each is harmless when done again."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from redis import RedisError

from streaming import live_store
from streaming.models import Broadcast
from streaming.recordings import actions, places
from streaming.recordings.models import Recording
from streaming.recordings.queues import send_advance

log = logging.getLogger(__name__)

# A packager closes the media a moment after the end; one that never does is gone.
_CLOSED_WITHIN = timedelta(minutes=10)
_ASK_EACH_S = 60
_STRAY_AFTER = timedelta(minutes=15)


def sweep(now: datetime) -> None:
    """Finish what was left open, delete what is past its time, have workers go on with what waits."""
    for recording in _left_open(now):
        actions.note_closed(recording.media_path)
    actions.delete_expired(now)
    is_remote = places.get_bucket() is not None
    for recording in Recording.objects.with_work(is_remote=is_remote).free(now).only("pk"):
        if _may_ask(recording):
            send_advance(str(recording.pk))


def _left_open(now: datetime) -> list[Recording]:
    """Recordings whose media path is no longer written to, and whose packager didn't say so."""
    ended = Q(broadcast__state=Broadcast.State.ENDED)
    closed = ended & Q(broadcast__media_closed_at__isnull=False)
    given_up = ended & Q(broadcast__ended_at__lte=now - _CLOSED_WITHIN)
    left = ~Q(broadcast__media_path=F("media_path"))
    open_ones = Recording.objects.filter(state=Recording.State.RECORDING)
    return list(open_ones.filter(closed | given_up | left))


def _may_ask(recording: Recording) -> bool:
    """Not while it is in the queue already, as far as anybody knows."""
    try:
        return live_store.is_first_within(f"advance:{recording.pk}", _ASK_EACH_S)
    except RedisError:
        return True


def remove_strays(now: datetime) -> int:
    """Delete files that no recording speaks for, here and in the bucket; answers how many recordings' worth."""
    known = set(Recording.objects.values_list("key", flat=True)) | set(
        Recording.objects.exclude(old_key="").values_list("old_key", flat=True)
    )
    known |= set(Recording.objects.filter(state=Recording.State.RECORDING).values_list("media_path", flat=True))
    count = 0
    directory = settings.ENV.media_dir / "recordings"
    for path in directory.iterdir() if directory.exists() else ():
        if path.name not in known and path.stat().st_mtime < (now - _STRAY_AFTER).timestamp():
            log.info("recording %s belongs to nobody: deleted", path.name)
            places.remove_local(path.name)
            count += 1
    bucket = places.get_bucket()
    for key in bucket.folders_below(places.PREFIX) if bucket is not None else ():
        # Asked again: it may have been made since.
        if key not in known and not Recording.objects.filter(Q(key=key) | Q(old_key=key)).exists():
            log.info("recording %s in the bucket belongs to nobody: deleted", key)
            assert bucket is not None
            bucket.remove_below(places.object_name(key))
            count += 1
    return count
