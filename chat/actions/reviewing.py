"""Messages that wait for a moderator."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from chat.announcing import tell_crew
from chat.errors import AlreadySo
from chat.lines import add_line, lock
from chat.models import HeldMessage, Message, Room
from chat.modes import fingerprint_of
from chat.standing import standing_of


def hold(*, room: Room, author: User, why: str, now: datetime, **fields: Any) -> HeldMessage:
    """Keep a message until somebody has looked at it. The caller holds the room's lock."""
    held = HeldMessage.objects.create(room=room, author=author, why=why, created_at=now, **fields)
    tell_crew(
        room.channel_id, "held", count=HeldMessage.objects.waiting().filter(room__channel=room.channel_id).count()
    )
    return held


@transaction.atomic
def decide(*, held: HeldMessage, is_allowed: bool, by: User, now: datetime) -> Message | None:
    """Let a held message through, with the number that comes now, or refuse it. Raises AlreadySo."""
    room = lock(held.room)
    held = HeldMessage.objects.select_for_update(of=("self",)).select_related("author").get(pk=held.pk)
    if held.decided_at is not None:
        raise AlreadySo
    held.decided_at, held.decided_by, held.is_allowed = now, by, is_allowed
    held.save(update_fields=["decided_at", "decided_by", "is_allowed"])
    did = "chat: let through" if is_allowed else "chat: refused message"
    audit.record(by, did, room.channel, room=room.name, user=held.author.username, text=held.text)
    waiting = HeldMessage.objects.waiting().filter(room__channel=room.channel_id)
    tell_crew(room.channel_id, "held", count=waiting.count())
    tell_crew(room.channel_id, "log")
    return _let_through(room, held, now) if is_allowed else None


def _let_through(room: Room, held: HeldMessage, now: datetime) -> Message:
    badges = standing_of(held.author, room.channel, now).badges
    facts: dict[str, Any] = {
        "author": held.author,
        "text": held.text,
        "client_id": held.client_id,
        "reply_to": held.reply_to,
    }
    facts["facts"] = held.facts
    return add_line(room, now, badges=badges, fingerprint=fingerprint_of(held.text), **facts)
