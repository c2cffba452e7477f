"""What chat's elements follow.

`chat.room.<id>` is one room's lines, modes and poll, `chat.overlay.<key>` its lines for overlays, `chat.channel.<id>`
which rooms a channel has, where something is said and where it raids, `chat.crew.<id>` what only those hear who keep
order.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Channel, User
from chat import gates, history, overlays
from chat.access import get_readable_room, whole_number
from chat.errors import ChatError
from chat.models import HeldMessage, Room
from chat.modes import slow_wait_s
from chat.raiding import raid_now
from chat.showing import describe_modes, describe_standing
from chat.standing import standing_of, standings_of
from chat.tallies import running_poll
from monetization import giving
from realtime import topics
from realtime.errors import NotAllowed
from realtime.topics import Person


def register() -> None:
    giving.register_place(lambda channel: [room.topic for room in channel.rooms.all()])
    numbers = topics.Numbers(_latest, _missed)
    topics.register("chat.room", _may_read, _enter, knows_followers=True, numbers=numbers, among=_readers_among)
    numbers = topics.Numbers(overlays.latest, overlays.missed)
    topics.register(overlays.PREFIX, overlays.may_follow, overlays.enter, numbers=numbers)
    topics.register("chat.channel", _may_see, _raid_now)
    topics.register("chat.crew", _is_moderator, _count_held)


def _may_read(person: Person, key: str) -> bool:
    try:
        get_readable_room(person, key, timezone.now())
    except ChatError:
        return False
    return True


def _enter(person: Person, key: str) -> dict[str, Any]:
    """What is in force, who one is here, and how far the room is."""
    now = timezone.now()
    try:
        room, standing = get_readable_room(person, key, now)
    except ChatError as error:
        raise NotAllowed from error
    facts = {
        "me": describe_standing(standing),
        "wait_s": slow_wait_s(room, standing, now),
        "poll": running_poll(room, standing.user, now),
        "last_seq": history.last_shown_seq(room, now),
    }
    return describe_modes(room, now) | facts | {"type": "entered"}


def _latest(key: str) -> int:
    room = _room_of(key)
    return history.last_shown_seq(room, timezone.now()) if room else 0


def _missed(key: str, after: int) -> Iterable[dict[str, Any]]:
    """For the hub of a process that lost touch: what is gone, and what came."""
    now, room = timezone.now(), _room_of(key)
    return history.events_after(room, after, now, room.readers_at(now)) if room else ()


def _room_of(key: str) -> Room | None:
    """Whether somebody may follow it is asked later: the key may be anything."""
    return Room.objects.filter(pk=whole_number(key) or 0).first()


def _readers_among(key: str, user_ids: set[int]) -> set[int]:
    now = timezone.now()
    room = Room.objects.select_related("channel__owner").filter(pk=int(key)).first()
    if room is None:
        return set()
    standings = standings_of(user_ids, room.channel, now)
    return {pk for pk, standing in standings.items() if gates.may_read(room, standing, now)}


def _may_see(person: Person, key: str) -> bool:
    channel = _channel_of(key)
    if channel is None or not channel.is_suspended:
        return channel is not None
    return bool(person.is_authenticated and (person.is_staff or person.pk == channel.owner_id))


def _raid_now(person: Person, key: str) -> dict[str, Any]:
    return raid_now(int(key), timezone.now())


def _is_moderator(person: Person, key: str) -> bool:
    channel = _channel_of(key)
    return channel is not None and isinstance(person, User) and _moderates(person, channel, timezone.now())


def _moderates(person: User, channel: Channel, now: datetime) -> bool:
    return standing_of(person, channel, now).is_moderator


def _count_held(person: Person, key: str) -> dict[str, Any]:
    return {"type": "held", "count": HeldMessage.objects.waiting().filter(room__channel=int(key)).count()}


def _channel_of(key: str) -> Channel | None:
    is_number = key.isascii() and key.isdigit() and len(key) < 19
    return Channel.objects.select_related("owner").filter(pk=int(key)).first() if is_number else None
