"""What happens to recordings: begun with a broadcast, finished after it, kept, asked for as a file, deleted."""

import copy
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.models import Channel, User
from media_pipeline.recorder import RecordPlan
from streaming import gates
from streaming.models import Broadcast, new_media_path
from streaming.recordings import places
from streaming.recordings.errors import BadKeepTime, NothingRecorded, NotReady, StillOnAir
from streaming.recordings.models import Recording, RecordingPolicy
from streaming.recordings.queues import advance_on_commit

log = logging.getLogger(__name__)

DEMO = "demo"
LONGEST_KEEP_DAYS = 3650


def policy_of(channel: Channel) -> RecordingPolicy:
    """What a channel keeps; not saved while it was never changed."""
    return RecordingPolicy.objects.filter(channel=channel).first() or RecordingPolicy(channel=channel)


def is_recorded(broadcast: Broadcast) -> bool:
    """Whether a broadcast is to be recorded as it is now. Rehearsals and the test card never are."""
    if not settings.ENV.record_max_h or gates.gate_of(broadcast.visibility).is_secret:
        return False
    if settings.ENV.demo and broadcast.channel.name == DEMO:
        return False
    return policy_of(broadcast.channel).is_on if broadcast.is_kept is None else broadcast.is_kept


def plan_recording(broadcast: Broadcast, now: datetime) -> RecordPlan | None:
    """How a packager records this broadcast's media path; None when it doesn't.

    What was begun goes on: switching recording off counts from the next broadcast.
    """
    recording = Recording.objects.filter(media_path=broadcast.media_path).first()
    if recording is None:
        if not broadcast.is_on_air or not is_recorded(broadcast):
            return None
        recording, _ = Recording.objects.get_or_create(
            media_path=broadcast.media_path,
            defaults={
                "broadcast": broadcast,
                "key": broadcast.media_path,
                "visibility": broadcast.visibility,
                "started_at": now,
            },
        )
    if recording.state != Recording.State.RECORDING:
        return None
    env = settings.ENV
    return RecordPlan(
        places.root_of(recording.media_path), env.record_max_h * 3600, env.record_min_free_mb * 1024 * 1024
    )


@transaction.atomic
def note_closed(media_path: str) -> None:
    """No packager records on this media path any more: prepare what there is.

    Addresses that were good while it was live die with a path that was left, or whose channel was suspended. The
    broadcast's row is locked: who may see it doesn't change meanwhile.
    """
    broadcast = Broadcast.objects.select_for_update().filter(recordings__media_path=media_path).first()
    recording = Recording.objects.filter(media_path=media_path).first()
    if broadcast is None or recording is None or recording.state != Recording.State.RECORDING:
        return
    if broadcast.media_path != media_path or broadcast.end_reason in Broadcast.TAKEN_AWAY:
        change_key(recording)
    begin_processing(recording)


@transaction.atomic
def begin_processing(recording: Recording) -> None:
    moved = Recording.objects.filter(pk=recording.pk, state=Recording.State.RECORDING)
    if moved.update(state=Recording.State.PROCESSING, tries=0, next_try_at=None):
        advance_on_commit(str(recording.pk))


def change_key(recording: Recording) -> None:
    """Make every address of a recording that was given out worth nothing. In a bucket a job moves the objects."""
    before, recording.key = recording.key, new_media_path()
    is_moved = places.rename_local(before, recording.key)
    if recording.is_stored or not is_moved:
        recording.old_key = recording.old_key or before
    recording.save(update_fields=["key", "old_key"])
    advance_on_commit(str(recording.pk))


def change_keys(channel: Channel) -> None:
    """Whoever has an address of one of this channel's recordings loses it: fewer people may see them now."""
    for recording in Recording.objects.playable().filter(broadcast__channel=channel):
        change_key(recording)


def show_recordings_as(broadcast: Broadcast) -> None:
    """Have what was recorded of a broadcast that is over seen by whom it is for now, at addresses that are new.

    What is still being written or prepared gets its new address when that is done: nobody has one of it until then.
    """
    recordings = Recording.objects.shown().filter(broadcast=broadcast)
    recordings.update(visibility=broadcast.visibility)
    for recording in recordings.filter(state__in=[Recording.State.READY, Recording.State.FAILED]):
        change_key(recording)


def change_key_if_left(recording: Recording, broadcast: Broadcast) -> None:
    """Take back what was given out when it was live, if fewer may see it since: its path was left, or it is shut."""
    is_left = broadcast.media_path != recording.media_path or broadcast.channel.is_suspended
    if is_left and recording.key == recording.media_path:
        change_key(recording)


@transaction.atomic
def delete_replay(*, broadcast: Broadcast, by: User | None, now: datetime) -> None:
    """Take a broadcast's recordings away: out of sight now, from the disks soon. Raises StillOnAir."""
    if broadcast.is_on_air:
        raise StillOnAir
    recordings = list(Recording.objects.shown().select_for_update().filter(broadcast=broadcast))
    _delete(recordings, now)
    if recordings:
        audit.record(by, "deleted recording", broadcast, recordings=[str(recording.pk) for recording in recordings])


def _delete(recordings: Iterable[Recording], now: datetime) -> None:
    for recording in recordings:
        recording.state = Recording.State.DELETING
        recording.tries, recording.next_try_at = 0, now
        recording.save(update_fields=["state", "tries", "next_try_at"])
        advance_on_commit(str(recording.pk))


@transaction.atomic
def delete_expired(now: datetime) -> int:
    """Delete what is past its time; answers how many recordings."""
    expired = Recording.objects.shown().select_for_update(skip_locked=True, of=("self",))
    found = list(expired.select_related("broadcast__channel").filter(keep_until__lte=now))
    _delete(found, now)
    for recording in found:
        audit.record(None, "let recording expire", recording.broadcast, recording=str(recording.pk))
    return len(found)


@transaction.atomic
def keep_replay(*, broadcast: Broadcast, days: int | None, by: User, now: datetime) -> None:
    """Keep a broadcast's recordings for so many days from now, or for ever. Raises BadKeepTime, NothingRecorded."""
    if days is not None and not 1 <= days <= LONGEST_KEEP_DAYS:
        raise BadKeepTime
    until = now + timedelta(days=days) if days else None
    if not Recording.objects.shown().filter(broadcast=broadcast).update(keep_until=until):
        raise NothingRecorded
    audit.record(by, "kept recording", broadcast, until=until.isoformat() if until else None)


@transaction.atomic
def want_download(*, broadcast: Broadcast, now: datetime) -> None:
    """Have a broadcast's recordings made into MP4 files; those that are, or are being made, stay. Raises NotReady."""
    ready = list(Recording.objects.playable().select_for_update().filter(broadcast=broadcast))
    if not ready:
        raise NotReady
    for recording in ready:
        if recording.download_state in (Recording.Download.NONE, Recording.Download.FAILED):
            recording.download_state = Recording.Download.WANTED
            recording.next_try_at, recording.tries = None, 0
            recording.save(update_fields=["download_state", "next_try_at", "tries"])
            advance_on_commit(str(recording.pk))


@transaction.atomic
def retry_recording(*, recording: Recording, by: User) -> None:
    """Try again now what failed, or waits for its next try."""
    recording = Recording.objects.select_for_update().get(pk=recording.pk)
    if recording.state == Recording.State.FAILED:
        recording.state = Recording.State.PROCESSING
    if recording.download_state == Recording.Download.FAILED:
        recording.download_state = Recording.Download.WANTED
    recording.tries, recording.next_try_at = 0, None
    recording.save(update_fields=["state", "download_state", "tries", "next_try_at"])
    audit.record(by, "retried recording", recording)
    advance_on_commit(str(recording.pk))


@transaction.atomic
def change_policy(
    *, channel: Channel, is_on: bool, keep_days: int | None, viewers_may_download: bool, by: User
) -> RecordingPolicy:
    """What a channel keeps from its next broadcast on. Raises BadKeepTime."""
    if keep_days is not None and not 1 <= keep_days <= LONGEST_KEEP_DAYS:
        raise BadKeepTime
    values = {"is_on": is_on, "keep_days": keep_days, "viewers_may_download": viewers_may_download}
    policy, _ = RecordingPolicy.objects.update_or_create(channel=channel, defaults=values)
    audit.record(by, "changed recording policy", channel, **values)
    return policy


def as_it_was(recording: Recording) -> Broadcast:
    """The broadcast as it was while this was recorded: who could see it then."""
    broadcast = copy.copy(recording.broadcast)
    broadcast.visibility = recording.visibility
    return broadcast
