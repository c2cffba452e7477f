"""Telling open pages what happened in a room once it is committed."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from accounts.models import Channel
from chat import history, overlays
from chat.models import Audience, Message, Room
from chat.showing import describe_message, describe_modes
from realtime import broker, publish, publish_on_commit, recheck_on_commit

log = logging.getLogger(__name__)

SHOW = "chat.tasks.show_line"
_SEQS_AT_A_TIME = 500
_STIRS_EVERY_MS = 1000


def crew_topic(channel_id: int) -> str:
    """What only those hear who keep order."""
    return f"chat.crew.{channel_id}"


def channel_topic(channel_id: int) -> str:
    """Which rooms there are and where something is said: for whoever sees the channel."""
    return f"chat.channel.{channel_id}"


def announce_line(message: Message, now: datetime) -> None:
    """Show a line to everybody; one that is delayed to the moderators at once, and to all when it is due."""
    room = message.room
    if message.shown_at <= now:
        publish_on_commit(room.topic, describe_message(message))
        overlays.show_on_commit(message, room)
        _stir_on_commit(room, message.seq)
        return
    pending = describe_message(message) | {"type": "pending", "room": room.pk, "shown_at": message.shown_at.isoformat()}
    publish_on_commit(crew_topic(room.channel_id), _without_number(pending))
    wait_s = (message.shown_at - now).total_seconds()
    transaction.on_commit(lambda: _show_later(message.pk, wait_s))


def announce_shown(message: Message, now: datetime) -> None:
    """What was delayed is due. The room may be for more people by now than it was for then."""
    room = message.room
    publish(room.topic, history.describe_shown(message, room.readers_at(now)))
    overlays.show(message, room)
    _stir(room, message.seq)


def announce_gone(room: Room, seqs: Sequence[int]) -> None:
    for start in range(0, len(seqs), _SEQS_AT_A_TIME):
        event = {"type": "gone", "seqs": list(seqs[start : start + _SEQS_AT_A_TIME])}
        publish_on_commit(room.topic, event)
        overlays.tell_on_commit(room, event)


def announce_modes(room: Room, now: datetime, *, is_gate: bool) -> None:
    """Other modes are in force. Where who may read has changed, everybody there is asked anew, and others come."""
    publish_on_commit(room.topic, describe_modes(room, now))
    if is_gate:
        recheck_on_commit(room.topic)
        announce_rooms(room.channel)


def announce_rooms(channel: Channel) -> None:
    """The rooms, or whom they are for, are others now: pages ask again."""
    publish_on_commit(channel_topic(channel.pk), {"type": "rooms"})


def announce_standing(channel_id: int, user_id: int) -> None:
    """Somebody is another one in a channel's chat than before: their pages ask, and what they may not read shuts."""
    for room in Room.objects.filter(channel=channel_id):
        recheck_on_commit(room.topic, user_id)
    recheck_on_commit(crew_topic(channel_id), user_id)
    publish_on_commit(f"user.{user_id}", {"type": "chat_standing", "channel": channel_id})


def announce_standings(channel_id: int, user_ids: Iterable[int]) -> None:
    """The same for many at once: each room asks all who are there, one question a room."""
    for room in Room.objects.filter(channel=channel_id):
        recheck_on_commit(room.topic)
    for user_id in user_ids:
        publish_on_commit(f"user.{user_id}", {"type": "chat_standing", "channel": channel_id})


def tell_crew(channel_id: int, what: str, **facts: Any) -> None:
    """Say to those who keep order that a list of theirs has changed."""
    publish_on_commit(crew_topic(channel_id), {"type": what, **facts})


def _without_number(event: dict[str, Any]) -> dict[str, Any]:
    """The crew's topic isn't numbered: the line's number goes by another name there."""
    return {name: value for name, value in event.items() if name != "seq"} | {"line": event["seq"]}


def _show_later(message_id: int, wait_s: float) -> None:
    """A broker that is away loses the hour, not the line: who asks for its number finds it."""
    try:
        current_app.send_task(SHOW, args=[message_id], queue="urgent", countdown=wait_s, expires=wait_s + 60)
    except OperationalError as error:
        log.warning("line %s is not shown by itself: %s", message_id, error)


def _stir_on_commit(room: Room, seq: int) -> None:
    if not room.place and Room.objects.filter(channel=room.channel_id).exclude(pk=room.pk).exists():
        transaction.on_commit(lambda: _stir(room, seq))


def _stir(room: Room, seq: int) -> None:
    """Say in the other rooms that something is said here, once a second at most."""
    try:
        is_first = broker.client().set(broker.key_of(f"stirred:{room.pk}"), 1, nx=True, px=_STIRS_EVERY_MS)
    except RedisError:
        return
    if is_first:
        is_hidden = room.read_by == Audience.MODERATORS
        topic = crew_topic(room.channel_id) if is_hidden else channel_topic(room.channel_id)
        publish(topic, {"type": "stirred", "room": room.pk})
