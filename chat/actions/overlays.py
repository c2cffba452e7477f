"""The addresses of overlays, and what they show."""

from django.db import transaction

from accounts import audit
from accounts.models import User
from chat import overlays
from chat.announcing import tell_crew
from chat.lines import lock
from chat.models import Audience, Room
from realtime import recheck_on_commit


@transaction.atomic
def renew_overlay(*, room: Room, by: User) -> Room:
    """Give a room's overlay an address, its first or another one. What is open at the old one gets nothing any more."""
    room = lock(room)
    old = overlays.topic_of(room)
    room.overlay_version += 1
    room.save(update_fields=["overlay_version"])
    audit.record(by, "chat: reset overlay" if old else "chat: made overlay", room.channel, room=room.name)
    tell_crew(room.channel_id, "log")
    if old:
        recheck_on_commit(old)
    return room


@transaction.atomic
def choose_overlay_readers(*, room: Room, by: User, audience: Audience) -> Room:
    """Have the overlay show what was said to everybody, or also what only followers or subscribers could read.

    What is for moderators alone never leaves the room.
    """
    room = lock(room)
    audience = Audience.SUBSCRIBERS if audience != Audience.EVERYONE else audience
    if audience != room.overlay_read_by:
        room.overlay_read_by = audience
        room.save(update_fields=["overlay_read_by"])
        audit.record(by, "chat: chose overlay readers", room.channel, room=room.name, read_by=audience)
        tell_crew(room.channel_id, "log")
        overlays.tell_on_commit(room, {"type": "changed"})
    return room
