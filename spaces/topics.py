"""What a Space's page follows; `spaces.telling` says what is told there."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from realtime import topics
from realtime.errors import CommandRefused
from realtime.topics import Person
from spaces import seating, telling
from spaces.access import get_led, get_presence, get_space


def register() -> None:
    topics.register("space.room", _may_listen, _enter)
    topics.register("space.crew", _leads, _hands)
    topics.register("space.mine", _is_theirs, _part)
    topics.register("space.seat", _has_seat)


def _may_listen(person: Person, key: str) -> bool:
    try:
        get_presence(person, key, timezone.now())
    except CommandRefused:
        return False
    return True


def _enter(person: Person, key: str) -> dict[str, Any]:
    return telling.describe_room(get_space(person, key))


def _leads(person: Person, key: str) -> bool:
    try:
        get_led(person, key, timezone.now())
    except CommandRefused:
        return False
    return True


def _hands(person: Person, key: str) -> dict[str, Any]:
    return {"type": "hands"} | telling.describe_hands(get_space(person, key))


def _is_theirs(person: Person, key: str) -> bool:
    return isinstance(person, User) and key.rpartition("-")[2] == str(person.pk)


def _part(person: Person, key: str) -> dict[str, Any]:
    hexed = key.partition("-")[0]
    dashed = "-".join((hexed[:8], hexed[8:12], hexed[12:16], hexed[16:20], hexed[20:]))
    try:
        part = get_presence(person, dashed, timezone.now()).part
    except CommandRefused as refusal:
        return {"type": "mine", "refusal": refusal.code} | telling.describe_part(None)
    return {"type": "mine"} | telling.describe_part(part)


def _has_seat(person: Person, key: str) -> bool:
    seat = seating.find(key, timezone.now().timestamp())
    return seat is not None and seat.user == (person.pk or 0)
