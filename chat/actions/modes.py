"""What is in force in a room: set by moderators, for good or for a while."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from chat.announcing import announce_modes, tell_crew
from chat.errors import OutOfBounds
from chat.lines import lock
from chat.models import Room

MODES = frozenset(
    {
        "slow_s",
        "followers_only_min",
        "subscribers_only",
        "subscribers_only_until",
        "is_emote_only",
        "is_unique",
        "delay_s",
        "links",
        "is_raid_defended",
    }
)
# What else a room is: set by those who run the channel.
SETTINGS = frozenset({"name", "read_by", "write_by", "read_follow_min", "write_follow_min"})
_GATES = frozenset({"subscribers_only", "subscribers_only_until", "read_by", "read_follow_min", "name"})
LONGEST_WHILE = timedelta(days=7)


@transaction.atomic
def change_room(*, room: Room, by: User | None, changes: Mapping[str, Any], now: datetime) -> Room:
    """Set modes or settings of a room; harmless where nothing changes. Raises OutOfBounds."""
    room = lock(room)
    changed = {name: value for name, value in changes.items() if getattr(room, name) != value}
    if not changed:
        return room
    for name, value in changed.items():
        setattr(room, name, value)
    try:
        room.full_clean()
    except ValidationError as error:
        raise OutOfBounds(" ".join(error.messages)) from error
    room.save(update_fields=list(changed))
    facts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in changed.items()}
    audit.record(by, "chat: changed room", room.channel, room=room.name, **facts)
    announce_modes(room, now, is_gate=bool(_GATES & changed.keys()))
    tell_crew(room.channel_id, "log")
    return room


def restrict_to_subscribers(
    *, room: Room, by: User | None, now: datetime, scope: str = Room.SubscribersOnly.ALL, minutes: int | None = None
) -> Room:
    """Make a room the subscribers' until further notice, or for so many minutes. What was set stays below it."""
    if minutes is not None and not 1 <= minutes <= LONGEST_WHILE.total_seconds() / 60:
        raise OutOfBounds(_("Choose 1 minute to 7 days."))
    until = now + timedelta(minutes=minutes) if minutes is not None else None
    changes = {"subscribers_only": scope, "subscribers_only_until": until}
    return change_room(room=room, by=by, changes=changes, now=now)


def lift_restriction(*, room: Room, by: User | None, now: datetime) -> Room:
    """Give a room back to whom it was for."""
    changes = {"subscribers_only": Room.SubscribersOnly.OFF, "subscribers_only_until": None}
    return change_room(room=room, by=by, changes=changes, now=now)


def end_modes(*, now: datetime) -> int:
    """Lift what was for a while and is over; how many rooms that were."""
    over = list(Room.objects.filter(subscribers_only_until__lte=now).exclude(subscribers_only=""))
    for room in over:
        lift_restriction(room=room, by=None, now=now)
    return len(over)
