"""What chat does when an account is deleted, and what it knows of a person."""

from datetime import datetime
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from chat.announcing import announce_gone
from chat.models import HeldMessage, HiddenPerson, Message, ModeratorNote, Room

_TOLD = 500


def forget_messages_of(*, user: User, now: datetime) -> None:
    """Every message loses its words and its author; numbers stay, so that no page looks for them."""
    own = Message.objects.filter(author=user)
    for room in Room.objects.filter(pk__in=own.values("room")):
        announce_gone(room, list(own.filter(room=room).order_by("-seq").values_list("seq", flat=True)[:_TOLD]))
    own.update(text="", fingerprint="", facts={}, badges=[], author=None, deleted_at=Coalesce("deleted_at", Value(now)))
    Message.objects.filter(key=f"followed:{user.pk}").update(facts={}, deleted_at=now)
    HeldMessage.objects.filter(author=user).delete()
    ModeratorNote.objects.filter(user=user).delete()
    HiddenPerson.objects.filter(Q(user=user) | Q(person=user)).delete()


def messages_of(user: User) -> dict[str, Any]:
    own = ("room__channel__name", "room__name", "text", "created_at", "deleted_at")
    sanctions = user.sanctions.values("channel__name", "kind", "reason", "created_at", "until", "lifted_at")
    hidden = user.hidden_people.values("channel__name", "person__username", "created_at")
    return {
        "messages": list(user.chat_messages.values(*own)),
        "sanctions": list(sanctions),
        "hidden_people": list(hidden),
    }
