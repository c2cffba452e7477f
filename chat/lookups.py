"""What moderators look up: somebody's card, the log, what is held."""

from datetime import datetime
from typing import Any

from accounts.models import AuditEntry, Channel, User
from accounts.roles import Visitor
from chat.models import HeldMessage, HiddenPerson, Message, ModeratorNote, Room, Sanction
from chat.showing import describe_person
from chat.standing import Standing

RECENT, PER_PAGE = 20, 30
_PREFIX = "chat: "


def describe_card(standing: Standing, user: User, channel: Channel) -> dict[str, Any]:
    """What moderators know of somebody: recent messages, past sanctions, notes."""
    said = Message.objects.filter(author=user, room__channel=channel).select_related("room").order_by("-created_at")
    sanctions = Sanction.objects.filter(user=user, channel=channel).select_related("by")[:RECENT]
    notes = ModeratorNote.objects.filter(user=user, channel=channel).select_related("by")[:RECENT]
    return describe_person(user) | {
        "joined_at": user.date_joined,
        "followed_at": standing.followed_at,
        "badges": standing.badges,
        "sanction": standing.sanction.kind if standing.sanction else None,
        "messages": [
            {"at": one.created_at, "room": one.room.name, "text": one.text, "is_gone": one.deleted_at is not None}
            for one in said[:RECENT]
        ],
        "sanctions": [
            {"at": one.created_at, "kind": one.kind, "reason": one.reason, "by": _name(one.by), "until": one.until}
            for one in sanctions
        ],
        "notes": [{"at": one.created_at, "by": _name(one.by), "text": one.text} for one in notes],
    }


def describe_log(channel: Channel, before: int | None) -> dict[str, Any]:
    """What was done to keep order, newest first, a page at a time: `before` is the last entry of the page above."""
    rows = AuditEntry.objects.filter(
        target_type=channel._meta.label_lower, target_id=str(channel.pk), action__startswith=_PREFIX
    )
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: PER_PAGE + 1])
    entries = [
        {"id": one.pk, "at": one.at, "by": one.actor_name, "did": one.action.removeprefix(_PREFIX), "facts": one.facts}
        for one in page[:PER_PAGE]
    ]
    return {"entries": entries, "has_more": len(page) > PER_PAGE}


def describe_held(channel: Channel) -> list[dict[str, Any]]:
    """What waits longest comes first."""
    rows = HeldMessage.objects.waiting().filter(room__channel=channel).select_related("author", "room")
    return [
        {
            "id": one.pk,
            "at": one.created_at,
            "room": one.room.name,
            "author": describe_person(one.author),
            "text": one.text,
            "why": one.why,
        }
        for one in rows.order_by("created_at", "pk")[:PER_PAGE]
    ]


def rooms_shown_to(standing: Standing, channel: Channel, now: datetime) -> list[Room]:
    """The rooms of a channel as somebody finds them: those for moderators alone are nobody else's business."""
    rows = Room.objects.of_channel().filter(channel=channel).select_related("channel__owner", "pinned__author")
    return [room for room in rows if standing.is_moderator or room.read_by != "moderators"]


def people_hidden_by(reader: Visitor, channel: Channel) -> list[dict[str, Any]] | None:
    """Whom a reader doesn't want to see there; None for strangers, whose browser keeps it."""
    if not isinstance(reader, User):
        return None
    rows = HiddenPerson.objects.filter(user=reader, channel=channel).select_related("person")
    return [describe_person(row.person) for row in rows]


def _name(user: User | None) -> str:
    return user.username if user else ""
