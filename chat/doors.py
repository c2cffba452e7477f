"""Rooms that are the chat of something with a door of its own: whoever may come in there reads and writes."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import User
from chat.errors import NotThere
from chat.models import Room

# Whether somebody, or a stranger, may come into this place now.
Door = Callable[[User | None, str, datetime], bool]
_doors: dict[str, Door] = {}


def register(kind: str, door: Door) -> None:
    """Places are named `<kind>-<what it is of>`."""
    _doors[kind] = door


def check(room: Room, user: User | None, now: datetime) -> None:
    """Raises NotThere for who may not come in, and for all where nobody keeps the door."""
    if not room.place:
        return
    door = _doors.get(room.place.partition("-")[0])
    if door is None or not door(user, room.place, now):
        raise NotThere
