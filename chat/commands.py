"""What pages ask for over their socket."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.access import get_room
from chat.errors import BadText, NotLoggedIn
from chat.showing import describe_message
from realtime import commands
from realtime.commands import Caller, Payload


def register() -> None:
    commands.register("chat.post", post)


def post(caller: Caller, payload: Payload) -> Mapping[str, Any]:
    """{"room", "text", "client_id", "reply_to"}: the line as it was written."""
    author, now = user_of(caller), timezone.now()
    message = actions.post_message(
        room=get_room(author, payload.get("room")),
        author=author,
        text=payload.get("text"),
        client_id=_client_id(payload.get("client_id")),
        reply_seq=payload.get("reply_to"),
        now=now,
    )
    return describe_message(message) | {"shown_at": message.shown_at.isoformat()}


def user_of(caller: Caller) -> User:
    if not isinstance(caller.user, User):
        raise NotLoggedIn
    return caller.user


def _client_id(text: object) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(str(text))
    except ValueError:
        raise BadText from None
