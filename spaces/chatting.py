"""The chat of a Space: its channel's, and one of its own where not everybody may come in."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser

import realtime
from accounts.models import User
from chat import doors
from chat.actions import open_room_at
from chat.models import Room
from realtime.errors import CommandRefused
from spaces import telling
from spaces.access import get_presence
from spaces.models import Audience, Space, id_at

DOOR = "space"


def register() -> None:
    doors.register(DOOR, _may_come_in)


def room_of(space: Space) -> Room | None:
    """The chat that is for whoever may come in alone; None where that is its channel's."""
    if space.audience == Audience.PUBLIC:
        return None
    return open_room_at(space.place, channel=space.channel, name=space.title)


def recheck_on_commit(space: Space, user_id: int | None = None) -> None:
    """Part whoever may come in no more, be it one or all, from what is told and said there."""
    topics = [telling.room_topic(space.pk), *(room.topic for room in Room.objects.filter(place=space.place))]
    for topic in topics:
        realtime.recheck_on_commit(topic, user_id)


def _may_come_in(user: User | None, place: str, now: datetime) -> bool:
    try:
        get_presence(user or AnonymousUser(), id_at(place), now)
    except CommandRefused:
        return False
    return True
