"""What chat's elements follow: `chat.room.<id>` is one room's lines and modes."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from chat import history
from chat.access import get_readable_room
from chat.errors import ChatError
from chat.models import Room
from chat.showing import describe_modes, describe_standing
from realtime import topics
from realtime.errors import NotAllowed
from realtime.topics import Person


def register() -> None:
    topics.register("chat.room", _may_read, _enter, missed=_missed)


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
    facts = {"me": describe_standing(standing), "last_seq": history.last_shown_seq(room, now)}
    return describe_modes(room, now) | facts | {"type": "entered"}


def _missed(key: str, after: int) -> Iterable[dict[str, Any]]:
    """For the hub of a process that lost touch: what is gone, and what came."""
    room = Room.objects.filter(pk=int(key)).first()
    return history.events_after(room, after, timezone.now()) if room else ()
