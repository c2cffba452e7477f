"""What chat does when an account is deleted, and what it knows of a person."""

from datetime import datetime
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from chat.actions import cancel_poll
from chat.announcing import announce_gone
from chat.models import HeldMessage, HiddenPerson, Message, ModeratorNote, Poll, PollVote, Raid, Room

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
    _forget_polls_of(user, now)
    _forget_raids_of(user, now)


def _forget_polls_of(user: User, now: datetime) -> None:
    """Their votes go, and what they asked with the lines that say how it came out."""
    asked = Poll.objects.filter(opened_by=user)
    for poll in asked.running():
        cancel_poll(poll=poll, by=user, now=now)
    keys = [f"poll:{pk}" for pk in asked.values_list("pk", flat=True)]
    Message.objects.filter(room__in=list(asked.values_list("room", flat=True)), key__in=keys).update(
        facts={}, deleted_at=now
    )
    asked.delete()
    PollVote.objects.filter(user=user).delete()


def _forget_raids_of(user: User, now: datetime) -> None:
    """The names of their channels are free again: no line says them any more."""
    theirs = Raid.objects.filter(Q(source__owner=user) | Q(target__owner=user))
    keys = [f"raid:{pk}" for pk in theirs.values_list("pk", flat=True)]
    channels = {pk for pair in theirs.values_list("source", "target") for pk in pair}
    rooms = Room.objects.filter(channel__in=channels, is_main=True)
    Message.objects.filter(room__in=list(rooms), key__in=keys).update(facts={}, deleted_at=now)
    theirs.delete()


def messages_of(user: User) -> dict[str, Any]:
    own = ("room__channel__name", "room__name", "text", "created_at", "deleted_at")
    sanctions = user.sanctions.values("channel__name", "kind", "reason", "created_at", "until", "lifted_at")
    return {
        "messages": list(user.chat_messages.values(*own)),
        "sanctions": list(sanctions),
        "hidden_people": list(user.hidden_people.values("channel__name", "person__username", "created_at")),
        "polls": list(user.polls_opened.values("room__channel__name", "question", "options", "counts", "opened_at")),
        "votes": list(user.poll_votes.values("poll__room__channel__name", "poll__question", "choice", "voted_at")),
        "raids": list(user.raids_announced.values("source__name", "target__name", "announced_at", "state", "viewers")),
    }
