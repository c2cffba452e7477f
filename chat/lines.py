"""Giving lines their number."""

from datetime import datetime, timedelta
from typing import Any

from chat.models import Message, Room


def add_line(room: Room, now: datetime, **fields: Any) -> Message:
    """Write a line under the room's lock, which the caller holds.

    Lines are shown in the order of their numbers: one that follows a delayed one isn't shown before it.
    """
    shown_at = max(now + timedelta(seconds=room.delay_s), room.last_shown_at or now)
    room.last_seq += 1
    room.last_shown_at = shown_at
    room.save(update_fields=["last_seq", "last_shown_at"])
    return Message.objects.create(room=room, seq=room.last_seq, created_at=now, shown_at=shown_at, **fields)
