"""Giving lines their number."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from chat.announcing import announce_line
from chat.models import Message, Room


def lock(room: Room) -> Room:
    """The room's row, held until the transaction ends: whoever gives out a number holds it."""
    locked = Room.objects.select_for_update().get(pk=room.pk)
    locked.channel = room.channel
    return locked


def add_line(room: Room, now: datetime, **fields: Any) -> Message:
    """Write a line under the room's lock, and tell it when it is due.

    Lines are shown in the order of their numbers: one that follows a delayed one isn't shown before it. What isn't
    delayed is shown at the moment it was written, whatever the clocks of other machines say.
    """
    shown_at = max(now + timedelta(seconds=room.delay_s), room.delayed_until or now)
    room.last_seq += 1
    if shown_at > now:
        room.delayed_until = shown_at
    room.save(update_fields=["last_seq", "delayed_until"])
    facts = {"seq": room.last_seq, "read_by": room.readers_at(now), "created_at": now, "shown_at": shown_at}
    message = Message.objects.create(room=room, **facts, **fields)
    announce_line(message, now)
    return message


@transaction.atomic
def add_system_line(room: Room, now: datetime, kind: str, key: str, **facts: Any) -> Message | None:
    """What the room says by itself, once a key; None when it has said so already."""
    room = lock(room)
    if Message.objects.filter(room=room, key=key).exists():
        return None
    return add_line(room, now, kind=kind, key=key, facts=facts)
