"""What watch pages hear over their socket: `channel.<name>` says what is on air, `broadcast.<id>` how it goes.

Whoever hears of it late reads the row as it is by then, so events tell what is true, not what was done.
"""

import logging
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

import realtime
from realtime import topics
from realtime.topics import Person
from streaming import gates
from streaming.access import broadcast_at, broadcast_shown, get_watchable_broadcast, get_watchable_channel
from streaming.errors import NotWatchable
from streaming.events import BroadcastChanged, OnAirChanged
from streaming.models import Broadcast

log = logging.getLogger(__name__)


def topic_of(broadcast: Broadcast) -> str:
    return f"broadcast.{broadcast.pk}"


def place_topic(place: str) -> str:
    """What a place other than a channel's page plays."""
    return f"place.{place}"


def announce_on_commit(broadcast: Broadcast) -> None:
    """Tell whoever watches, or waits for, this broadcast how it stands once the transaction is committed."""
    broadcast_id = broadcast.pk
    transaction.on_commit(lambda: announce(broadcast_id), robust=True)


def announce(broadcast_id: UUID) -> None:
    """Tell how a broadcast stands now. The row is read here: of two changes the last to be told is the newest."""
    broadcast = Broadcast.objects.select_related("channel").filter(pk=broadcast_id).first()
    if broadcast is not None:
        realtime.publish(topic_of(broadcast), describe_change(broadcast))
        if broadcast.place:
            shown = str(broadcast.pk) if broadcast.is_on_air else None
            realtime.publish(place_topic(broadcast.place), OnAirChanged(shown))
        if not broadcast.is_on_channel:
            return
        if not broadcast.is_on_air:
            realtime.publish(f"channel.{broadcast.channel.name}", OnAirChanged(None))
        elif gates.may_find(AnonymousUser(), broadcast):
            # What isn't to be found is told to nobody.
            realtime.publish(f"channel.{broadcast.channel.name}", OnAirChanged(str(broadcast.pk)))


def announce_shown_on_commit(broadcast: Broadcast) -> None:
    """Tell who waits on its channel's page that a broadcast on air may be found there from now on, or no longer."""
    is_found = broadcast.is_on_channel and gates.may_find(AnonymousUser(), broadcast)
    shown = str(broadcast.pk) if is_found else None
    realtime.publish_on_commit(f"channel.{broadcast.channel.name}", OnAirChanged(shown))


def describe_change(broadcast: Broadcast) -> BroadcastChanged:
    return BroadcastChanged(
        broadcast=str(broadcast.pk),
        title=broadcast.display_title,
        state=broadcast.state,
        started_at=broadcast.started_at.isoformat(),
        interrupted_at=broadcast.interrupted_at.isoformat() if broadcast.interrupted_at else None,
        ended_at=broadcast.ended_at.isoformat() if broadcast.ended_at else None,
    )


def register_topics() -> None:
    topics.register("broadcast", _may_follow_broadcast, _broadcast_now, counts_followers=True)
    topics.register("channel", _may_follow_channel, _on_air_now, knows_followers=True)
    topics.register("place", _may_follow_place, _playing_now)


def _may_follow_broadcast(person: Person, key: str) -> bool:
    """By the rule of the state endpoint."""
    try:
        get_watchable_broadcast(person, UUID(key))
    except (NotWatchable, ValueError):
        return False
    return True


def _broadcast_now(person: Person, key: str) -> BroadcastChanged:
    return describe_change(get_watchable_broadcast(person, UUID(key)))


def _may_follow_channel(person: Person, key: str) -> bool:
    try:
        get_watchable_channel(person, key)
    except NotWatchable:
        return False
    return True


def _on_air_now(person: Person, key: str) -> OnAirChanged:
    broadcast = broadcast_shown(person, get_watchable_channel(person, key))
    return OnAirChanged(str(broadcast.pk) if broadcast else None)


def _may_follow_place(person: Person, key: str) -> bool:
    """Who may know what plays there; while nothing does there is nothing to hide."""
    broadcast = broadcast_at(key)
    return broadcast is None or gates.may_see(person, broadcast)


def _playing_now(person: Person, key: str) -> OnAirChanged:
    broadcast = broadcast_at(key)
    return OnAirChanged(str(broadcast.pk) if broadcast else None)
