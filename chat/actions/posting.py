"""Saying something in a room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from chat import gates
from chat.access import get_message
from chat.announcing import announce_line
from chat.lines import add_line
from chat.models import Message, Room
from chat.standing import standing_of
from chat.text import clean_line


@transaction.atomic
def post_message(
    *, room: Room, author: User, text: object, now: datetime, client_id: UUID | None = None, reply_seq: object = None
) -> Message:
    """Write a message once, however often the page sends it, with the room's next number.

    Raises the ChatError that says why not.
    """
    line = clean_line(text)
    standing = standing_of(author, room.channel, now)
    room = Room.objects.select_for_update(of=("self",)).select_related("channel__owner").get(pk=room.pk)
    if client_id is not None and (known := _written(room, author, client_id)):
        return known
    gates.check_may_write(room, standing, now)
    reply_to = get_message(room, reply_seq) if reply_seq is not None else None
    facts: dict[str, Any] = {"author": author, "text": line, "client_id": client_id, "reply_to": reply_to}
    message = add_line(room, now, badges=standing.badges, **facts)
    announce_line(message, now)
    return message


def _written(room: Room, author: User, client_id: UUID) -> Message | None:
    rows = Message.objects.to_describe().filter(room=room, author=author, client_id=client_id)
    return rows.first()
