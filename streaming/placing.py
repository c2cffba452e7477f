"""Broadcasts that the house itself sends, and that play elsewhere than on their channel's page: out of a Space, say.

Whoever makes one says what it is to be (`Wanted`), as often as they like, and sends it to ingest with its key. The
channel's page may show it too, while nothing else is on there.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts import following
from accounts.models import Channel
from realtime import publish_on_commit, recheck_on_commit
from streaming import gates
from streaming.describing import get_setup
from streaming.errors import ServerFull
from streaming.live_events import announce_on_commit, announce_shown_on_commit, topic_of
from streaming.models import Broadcast
from streaming.showing import VisibilityChanged, start_new_media_path

_KEY = re.compile(r"^placed-(?P<id>[0-9a-f]{32})-(?P<digest>[0-9a-f]{40})$")
TakenOff = Callable[[Broadcast], None]
_taken_off: list[TakenOff] = []


@dataclass(frozen=True)
class Wanted:
    """What plays at a place. `visibility` is for while the channel doesn't show it."""

    channel: Channel
    place: str
    title: str
    visibility: str
    is_on_channel: bool = False
    is_kept: bool | None = None


def key_of(broadcast: Broadcast) -> str:
    """By which the house sends this broadcast, and no other, to ingest."""
    return f"placed-{broadcast.pk.hex}-{_digest(broadcast.pk)}"


def broadcast_of_key(key: str) -> Broadcast | None:
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    number = UUID(match["id"])
    if not hmac.compare_digest(match["digest"], _digest(number)):
        return None
    return Broadcast.objects.exclude(place="").filter(pk=number).first()


def _digest(number: UUID) -> str:
    return salted_hmac("streaming.placed", number.hex, algorithm="sha256").hexdigest()[:40]


def on_taken_off(handler: TakenOff) -> None:
    """Have floors above hear when somebody ends by hand what a channel shows of theirs, lest they bring it back."""
    _taken_off.append(handler)


def note_taken_off_on_commit(broadcast: Broadcast) -> None:
    """Handlers take locks of their own, and none while the broadcast's is held."""
    if broadcast.place and broadcast.is_on_channel:
        for handler in _taken_off:
            transaction.on_commit(partial(handler, broadcast))


def put_on_air(wanted: Wanted, now: datetime) -> Broadcast:
    """The broadcast at this place, as it is wanted: a new one, which waits for its encoder, or the one there is.

    Raises ServerFull.
    """
    there = Broadcast.objects.select_related("channel").on_air().filter(place=wanted.place).first()
    if there is not None and _is_so(there, wanted):
        return there
    return _put_on_air(wanted, now)


def _is_so(broadcast: Broadcast, wanted: Wanted) -> bool:
    is_seen = wanted.is_on_channel or broadcast.visibility == wanted.visibility
    facts = (broadcast.title, broadcast.is_kept, broadcast.is_on_channel)
    return is_seen and facts == (wanted.title, wanted.is_kept, wanted.is_on_channel)


@transaction.atomic
def _put_on_air(wanted: Wanted, now: datetime) -> Broadcast:
    Channel.objects.select_for_update().get(pk=wanted.channel.pk)
    there = Broadcast.objects.select_for_update(of=("self",)).select_related("channel")
    broadcast = there.on_air().filter(place=wanted.place).first()
    if broadcast is None:
        # Counted apart, so that they never keep an encoder out.
        if Broadcast.objects.on_air().placed().count() >= settings.ENV.max_placed:
            raise ServerFull
        broadcast = Broadcast.objects.create(
            channel=wanted.channel,
            place=wanted.place,
            is_on_channel=False,
            is_kept=wanted.is_kept,
            title=wanted.title,
            visibility=wanted.visibility,
            state=Broadcast.State.INTERRUPTED,
            started_at=now,
            shown_at=now,
            interrupted_at=now,
        )
        announce_on_commit(broadcast)
    _see_to(broadcast, wanted, now)
    return broadcast


def _see_to(broadcast: Broadcast, wanted: Wanted, now: datetime) -> None:
    """What changes who may see it, or whether it is recorded, goes on at another media path; players follow."""
    if broadcast.title != wanted.title:
        broadcast.title = wanted.title
        broadcast.save(update_fields=["title"])
        announce_on_commit(broadcast)
    is_on_channel = wanted.is_on_channel and (broadcast.is_on_channel or not _is_taken(broadcast.channel))
    visibility = wanted.visibility
    if is_on_channel:
        visibility = broadcast.visibility if broadcast.is_on_channel else get_setup(broadcast.channel).visibility
    before = (broadcast.visibility, broadcast.is_kept, broadcast.is_on_channel)
    if before == (visibility, wanted.is_kept, is_on_channel):
        return
    broadcast.visibility, broadcast.is_kept, broadcast.is_on_channel = visibility, wanted.is_kept, is_on_channel
    broadcast.save(update_fields=["is_kept", "is_on_channel"])
    if before[:2] != (visibility, wanted.is_kept):
        _go_elsewhere(broadcast)
    if before[2] != is_on_channel:
        announce_shown_on_commit(broadcast)
        # Before its encoder came for the first time there is nothing to tell of.
        if broadcast.sessions.exists():
            tell_followers(broadcast, now)


def tell_followers(broadcast: Broadcast, now: datetime) -> None:
    """That their channel shows it; once a place, however often its stream goes away and comes back."""
    if broadcast.is_on_channel and gates.gate_of(broadcast.visibility).is_listed:
        title, key = broadcast.display_title, f"went-live:{broadcast.place}"
        following.announce_on_commit(channel=broadcast.channel, key=key, title=title, now=now)


@transaction.atomic
def go_elsewhere(place: str) -> None:
    """Others may have what plays there than before: addresses of the path that it had are worth nothing any more."""
    there = Broadcast.objects.select_for_update(of=("self",)).select_related("channel")
    broadcast = there.on_air().filter(place=place).first()
    if broadcast is not None:
        _go_elsewhere(broadcast)


def _is_taken(channel: Channel) -> bool:
    return Broadcast.objects.on_air().on_channel().filter(channel=channel).exists()


def _go_elsewhere(broadcast: Broadcast) -> None:
    start_new_media_path(broadcast)
    publish_on_commit(topic_of(broadcast), VisibilityChanged(broadcast.visibility))
    recheck_on_commit(topic_of(broadcast))
