"""Going on air, staying there, and leaving it.

An encoder is admitted (`admit_encoder`), its session closes (`close_session`), the broadcast waits for it through
the grace, and ends (`end_broadcast`). Pages, hooks, sweeps and the admin all come through here.
"""

import logging
import shutil
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation

from accounts import audit
from accounts.actions import lift_suspension, mark_suspended, raise_key_version
from accounts.models import Channel, User
from accounts.stream_keys import id_of
from streaming import ingest, placing, scheduling
from streaming.describing import begin_with, get_setup
from streaming.errors import AlreadyLive, ChannelSuspended, DiskFull, Refused, ServerFull, UnknownKey, message_for
from streaming.live_events import announce_on_commit
from streaming.liveness import is_sending
from streaming.models import Broadcast, IngestSession, Refusal
from streaming.queues import package_on_commit, stop_packager_on_commit
from streaming.recordings.actions import change_keys
from streaming.showing import note_shown

log = logging.getLogger(__name__)

REFUSALS_KEPT = 20
# What sends for somebody's browser says so by `?browser=1` behind the key, and goes by this name.
BROWSER = "Estrade/browser"


@dataclass(frozen=True)
class Encoder:
    """Who asks to be let in, as ingest tells it. A standby gives way to any other encoder."""

    address: str
    node: str
    boot: str
    client_id: str
    name: str = ""
    is_standby: bool = False


def admit_encoder(*, key: str, encoder: Encoder, now: datetime) -> IngestSession:
    """Let an encoder in: a new broadcast, or the one that waits for it.

    The channel row is locked: of two encoders arriving together one is admitted. Whoever was there before and has
    been silent for 3 s, or stood by, is closed and dropped. Raises UnknownKey, ChannelSuspended, AlreadyLive,
    ServerFull or DiskFull; each is kept for the streamer to read.
    """
    placed = placing.broadcast_of_key(key)
    if placed is not None:
        return _open_placed(placed, encoder, now)
    channel = _channel_of_key(key)
    if channel is None:
        raise UnknownKey
    try:
        if not channel.accepts_key(key):
            raise UnknownKey
        check_room_on_disk()
        # Asked before the lock: it waits on ingest.
        current = open_session(channel)
        if current is not None and not _gives_way(current, encoder) and is_sending(current, now):
            raise AlreadyLive
        return _open_session(channel, current, encoder, now)
    except Refused as refusal:
        if not encoder.is_standby:
            keep_refusal(channel=channel, refusal=refusal, address=encoder.address, encoder=encoder.name, now=now)
        raise


def _gives_way(current: IngestSession, newcomer: Encoder) -> bool:
    return current.is_standby and not newcomer.is_standby


@transaction.atomic
def _open_session(channel: Channel, replaced: IngestSession | None, encoder: Encoder, now: datetime) -> IngestSession:
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if channel.is_suspended:
        raise ChannelSuspended
    current = open_session(channel)
    if current is not None:
        if replaced is None or current.pk != replaced.pk:
            raise AlreadyLive
        _replace(current, now)
    broadcast = Broadcast.objects.on_air().on_channel().filter(channel=channel).first()
    if broadcast is None:
        if Broadcast.objects.on_air().filter(place="").count() >= settings.ENV.max_broadcasts:
            raise ServerFull
        broadcast = _open_broadcast(channel, now)
    elif broadcast.place:
        # What the house sends is nothing for an encoder to go on with.
        raise AlreadyLive
    else:
        _resume(broadcast)
    return _begin_session(broadcast, encoder, now)


@transaction.atomic
def _open_placed(broadcast: Broadcast, encoder: Encoder, now: datetime) -> IngestSession:
    """The house itself sends: the newest of its encoders does. Raises UnknownKey when it is over."""
    broadcast = Broadcast.objects.select_for_update(of=("self",)).select_related("channel").get(pk=broadcast.pk)
    if not broadcast.is_on_air:
        raise UnknownKey
    if broadcast.channel.is_suspended:
        raise ChannelSuspended
    check_room_on_disk()
    if not broadcast.sessions.exists():
        placing.tell_followers(broadcast, now)
    for current in broadcast.sessions.filter(ended_at__isnull=True):
        _replace(current, now)
    _resume(broadcast)
    return _begin_session(broadcast, encoder, now)


def _replace(session: IngestSession, now: datetime) -> None:
    _close(session, now)
    drop_on_commit(session)
    stop_packager_on_commit(session)


def _resume(broadcast: Broadcast) -> None:
    broadcast.state = Broadcast.State.LIVE
    broadcast.interrupted_at = None
    broadcast.save(update_fields=["state", "interrupted_at"])


def _begin_session(broadcast: Broadcast, encoder: Encoder, now: datetime) -> IngestSession:
    session = IngestSession.objects.create(
        broadcast=broadcast,
        node=encoder.node,
        boot=encoder.boot,
        client_id=encoder.client_id,
        encoder=encoder.name[:120],
        address=encoder.address,
        is_standby=encoder.is_standby,
        started_at=now,
    )
    package_on_commit(str(broadcast.pk), encoder.node)
    announce_on_commit(broadcast)
    return session


def _open_broadcast(channel: Channel, now: datetime) -> Broadcast:
    """A broadcast that goes by what was announced for about now, or else by what the channel was last said to show."""
    scheduled = scheduling.due(channel, now)
    visibility = (scheduled.visibility if scheduled else "") or get_setup(channel).visibility
    broadcast = Broadcast.objects.create(channel=channel, visibility=visibility, started_at=now)
    begin_with(broadcast, scheduled)
    if scheduled is not None:
        scheduling.note_aired(scheduled, broadcast, now)
    note_shown(broadcast, now)
    return broadcast


def _channel_of_key(key: str) -> Channel | None:
    channel_id = id_of(key)
    return Channel.objects.filter(pk=channel_id).first() if channel_id else None


def open_session(channel: Channel) -> IngestSession | None:
    """The encoder session that a channel has now."""
    sessions = IngestSession.objects.select_related("broadcast__channel")
    return sessions.filter(broadcast__channel=channel, broadcast__is_on_channel=True, ended_at__isnull=True).first()


def check_room_on_disk() -> None:
    """Raises DiskFull below the floor of free space under the media directory."""
    settings.ENV.media_dir.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.ENV.media_dir).free < settings.ENV.min_free_disk_mb * 1024 * 1024:
        raise DiskFull


@transaction.atomic
def close_session(*, session: IngestSession, now: datetime) -> None:
    """The encoder is gone: its broadcast is interrupted, and waits. Harmless when told twice."""
    broadcast = Broadcast.objects.select_for_update().get(pk=session.broadcast_id)
    session = IngestSession.objects.select_for_update().get(pk=session.pk)
    if session.ended_at is not None:
        return
    _close(session, now)
    if broadcast.state == Broadcast.State.LIVE:
        broadcast.state = Broadcast.State.INTERRUPTED
        broadcast.interrupted_at = now
        broadcast.save(update_fields=["state", "interrupted_at"])
        stop_packager_on_commit(session)
        announce_on_commit(broadcast)


def _close(session: IngestSession, now: datetime) -> None:
    session.ended_at = now
    session.save(update_fields=["ended_at"])


@transaction.atomic
def end_broadcast(
    *, broadcast: Broadcast, now: datetime, reason: Broadcast.EndReason, by: User | None = None
) -> Broadcast:
    """Take a broadcast off the air for good and drop its encoder. Harmless when it has ended already."""
    broadcast = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if not broadcast.is_on_air:
        return broadcast
    session = IngestSession.objects.filter(broadcast=broadcast, ended_at__isnull=True).first()
    if session is not None:
        _close(session, now)
        drop_on_commit(session)
        stop_packager_on_commit(session)
    broadcast.state = Broadcast.State.ENDED
    broadcast.ended_at = now
    broadcast.interrupted_at = None
    broadcast.end_reason = reason
    broadcast.save(update_fields=["state", "ended_at", "interrupted_at", "end_reason"])
    package_on_commit(str(broadcast.pk))
    announce_on_commit(broadcast)
    if by is not None:
        placing.note_taken_off_on_commit(broadcast)
        audit.record(by, "ended broadcast", broadcast, reason=str(reason))
    log.info("broadcast %s ended: %s, by %s", broadcast.pk, reason, by.username if by else "the system")
    return broadcast


def end_placed(place: str, now: datetime) -> None:
    """Nobody wants what the house sends there any more. Harmless when nothing plays there."""
    for broadcast in Broadcast.objects.on_air().filter(place=place):
        end_broadcast(broadcast=broadcast, now=now, reason=Broadcast.EndReason.ENDED)


@transaction.atomic
def rename_broadcast(*, broadcast: Broadcast, title: str, by: User) -> Broadcast:
    """Give a broadcast another title; pages that show it follow. Raises ValidationError for a bad one."""
    broadcast = Broadcast.objects.select_for_update(of=("self",)).select_related("channel").get(pk=broadcast.pk)
    broadcast.title = title
    broadcast.full_clean(exclude=["channel"])
    broadcast.save(update_fields=["title"])
    announce_on_commit(broadcast)
    log.info("broadcast %s renamed by %s", broadcast.pk, by.username)
    return broadcast


def refuse_session(*, session: IngestSession, refusal: Refused, now: datetime) -> None:
    """Turn away an encoder that is in already: what it sends can't be carried."""
    broadcast = session.broadcast
    told = {"address": session.address, "encoder": session.encoder}
    keep_refusal(channel=broadcast.channel, refusal=refusal, now=now, **told)
    if broadcast.sessions.count() > 1:
        close_session(session=session, now=now)
        drop(session)
    else:
        end_broadcast(broadcast=broadcast, now=now, reason=Broadcast.EndReason.REFUSED)


def keep_refusal(*, channel: Channel, refusal: Refused, address: str | None, now: datetime, encoder: str = "") -> None:
    """Write down why an encoder was turned away, never with which key; only the newest are kept."""
    with translation.override(None):
        message = message_for(refusal.code, refusal.facts)[:300]
    facts = {"code": refusal.code, "facts": refusal.facts, "message": message, "encoder": encoder[:120]}
    Refusal.objects.create(channel=channel, at=now, address=address, **facts)
    kept = Refusal.objects.filter(channel=channel).values_list("pk", flat=True)[:REFUSALS_KEPT]
    Refusal.objects.filter(channel=channel).exclude(pk__in=list(kept)).delete()
    log.info("encoder refused on channel %s from %s: %s", channel.name, address, refusal.code)


@transaction.atomic
def reset_stream_key(*, channel: Channel, by: User, now: datetime) -> Channel:
    """A new stream key. Who streams with the old one is dropped, and the broadcast waits through its grace."""
    channel = raise_key_version(channel=channel, by=by)
    session = open_session(channel)
    if session is not None:
        close_session(session=session, now=now)
        drop_on_commit(session)
    return channel


@transaction.atomic
def suspend_channel(*, channel: Channel, by: User, now: datetime) -> Channel:
    """Take a channel out of sight and off the air."""
    channel = mark_suspended(channel=channel, by=by, now=now)
    for broadcast in Broadcast.objects.on_air().filter(channel=channel):
        end_broadcast(broadcast=broadcast, now=now, reason=Broadcast.EndReason.SUSPENDED, by=by)
    change_keys(channel)
    return channel


def restore_channel(*, channel: Channel, by: User, now: datetime) -> Channel:
    return lift_suspension(channel=channel, by=by, now=now)


def suspend_channels_of(*, user: User, by: User, now: datetime) -> None:
    """What follows for streaming when somebody is shut out."""
    for channel in user.channels.all():
        suspend_channel(channel=channel, by=by, now=now)


def end_broadcasts_of(*, user: User, now: datetime) -> None:
    """What follows for streaming when somebody deletes their account."""
    for broadcast in Broadcast.objects.on_air().filter(channel__owner=user):
        end_broadcast(broadcast=broadcast, now=now, reason=Broadcast.EndReason.ENDED)
    Broadcast.objects.filter(channel__owner=user).update(title="")


def drop_on_commit(session: IngestSession) -> None:
    transaction.on_commit(lambda: drop(session))


def drop(session: IngestSession) -> None:
    """Cut a session's encoder. When ingest doesn't answer, the watch over ingest does it a second later."""
    try:
        ingest.drop_publisher(session.name)
    except ingest.IngestUnreachable as error:
        log.warning("encoder of session %s not dropped yet: %s", session.pk, error)
