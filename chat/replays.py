"""What was said during a broadcast, a page at a time, for who watches its recording."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chat.models import Audience, Message, Room
from chat.models.messages import MessageQuerySet
from chat.showing import describe_message

EARLIER, A_PAGE = 50, 100


@dataclass(frozen=True)
class Span:
    """From when to when the recording was live, interruptions included."""

    starts_at: datetime
    ends_at: datetime


def _rows(room: Room, span: Span, reader: Audience) -> MessageQuerySet:
    """By when all saw them, which is what a delay puts off; not what is deleted, nor what was for fewer people."""
    rows = Message.objects.to_describe().for_readers(reader).filter(room=room, deleted_at__isnull=True)
    return rows.filter(shown_at__gte=span.starts_at, shown_at__lte=span.ends_at)


def page_at(room: Room, span: Span, at: datetime, reader: Audience) -> dict[str, Any]:
    """What stood in the chat at a time, and what came next."""
    rows = _rows(room, span, reader)
    earlier = list(rows.filter(shown_at__lt=at).order_by("-shown_at", "-seq")[:EARLIER])
    return {"earlier": _describe(reversed(earlier))} | _page(rows.filter(shown_at__gte=at))


def page_after(room: Room, span: Span, after: int, reader: Audience) -> dict[str, Any]:
    """What came after a line."""
    return {"earlier": []} | _page(_rows(room, span, reader).filter(seq__gt=after))


def was_silent(room: Room, span: Span, reader: Audience) -> bool:
    """Whether there is nothing that this reader may read."""
    return not _rows(room, span, reader).exists()


def _page(rows: MessageQuerySet) -> dict[str, Any]:
    found = list(rows.order_by("seq")[: A_PAGE + 1])
    return {"lines": _describe(found[:A_PAGE]), "has_more": len(found) > A_PAGE}


def _describe(rows: Iterable[Message]) -> list[dict[str, Any]]:
    return [describe_message(row) | {"shown_at": row.shown_at.isoformat()} for row in rows]
