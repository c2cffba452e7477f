"""Saying something in a room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.blocked_words import find_blocked
from accounts.models import User
from chat import gates, modes
from chat.access import get_message
from chat.actions.reviewing import hold
from chat.emotes import emotes_in
from chat.errors import WordBlocked
from chat.lines import add_line, lock
from chat.models import HeldMessage, Message, Room
from chat.standing import Standing, standing_of
from chat.text import clean_line


@transaction.atomic
def post_message(
    *, room: Room, author: User, text: object, now: datetime, client_id: UUID | None = None, reply_seq: object = None
) -> Message | HeldMessage:
    """Write a message once, however often the page sends it, with the room's next number.

    One that moderators must look at first is held, and has no number yet. Raises the ChatError that says why not.
    """
    line = clean_line(text)
    standing = standing_of(author, room.channel, now)
    room = lock(room)
    if client_id is not None and (known := _written(room, author, client_id)):
        return known
    gates.check_may_write(room, standing, now)
    modes.check_rate(room, standing, now)
    modes.check_slow(room, standing, now)
    emotes = emotes_in(line, room.channel, standing)
    modes.check_content(room, standing, line, set(emotes), now)
    reply_to = get_message(room, reply_seq) if reply_seq is not None else None
    facts: dict[str, Any] = {"author": author, "text": line, "client_id": client_id, "reply_to": reply_to}
    facts["facts"] = {"emotes": emotes} if emotes else {}
    if why := _held_for(room, standing, line):
        return hold(room=room, now=now, why=why, **facts)
    return add_line(room, now, badges=standing.badges, fingerprint=modes.fingerprint_of(line), **facts)


def _written(room: Room, author: User, client_id: UUID) -> Message | HeldMessage | None:
    """What came of it the first time, if there was one: nearly always there wasn't, so asking costs little."""
    if Message.objects.filter(room=room, author=author, client_id=client_id).exists():
        return Message.objects.to_describe().get(room=room, author=author, client_id=client_id)
    return HeldMessage.objects.filter(room=room, author=author, client_id=client_id).first()


def _held_for(room: Room, standing: Standing, line: str) -> str:
    """The blocked word that makes moderators look first. Raises WordBlocked for one that refuses."""
    if standing.is_moderator:
        return ""
    word = find_blocked(line, room.channel)
    if word is not None and not word.is_held:
        raise WordBlocked
    return word.text if word is not None else ""
