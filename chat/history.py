"""What was said: the last lines for who joins, and those that somebody missed."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from chat.models import Audience, Message, Room
from chat.showing import describe_message

ON_JOINING = 50
MOST_MISSED = 200
_MOST_READ = 1000
# As many as a page holds.
_KEPT_IN_PAGE = 200


def last_lines(
    room: Room, now: datetime, reader: Audience = Audience.EVERYONE, count: int = ON_JOINING
) -> list[dict[str, Any]]:
    """The newest lines that were for this reader too, oldest of them first."""
    rows = Message.objects.to_describe().shown(now).for_readers(reader).filter(room=room).order_by("-seq")[:count]
    return [describe_message(message) for message in reversed(rows)]


def lines_after(room: Room, after: int, now: datetime, reader: Audience) -> list[dict[str, Any]]:
    """What came after a line: all of it, or the newest when a page couldn't hold more."""
    rows = Message.objects.to_describe().shown(now).for_readers(reader).filter(room=room, seq__gt=after)
    return [describe_message(message) for message in reversed(rows.order_by("-seq")[:MOST_MISSED])]


def events_after(room: Room, after: int, now: datetime, reader: Audience = Audience.EVERYONE) -> list[dict[str, Any]]:
    """The same for a hub: every number that is due, and what is gone of those before."""
    gone = gone_before(room, after)
    rows = Message.objects.to_describe().due(now).filter(room=room, seq__gt=after).order_by("seq")[:_MOST_READ]
    earlier = [{"type": "gone", "seqs": gone}] if gone else []
    return [*earlier, *(describe_shown(row, reader) for row in rows)]


def describe_shown(message: Message, reader: Audience) -> dict[str, Any]:
    """A line, that there is none behind its number, or that each has to ask for it: not all here may read it."""
    if message.deleted_at is not None:
        return {"type": "gone", "seq": message.seq, "seqs": [message.seq]}
    if not Audience(message.read_by).holds(reader):
        return {"type": "kept", "seq": message.seq}
    return describe_message(message)


def gone_before(room: Room, until: int) -> list[int]:
    """Those of the lines a page may still hold, up to this one, that were deleted."""
    gone = Message.objects.filter(room=room, deleted_at__isnull=False, seq__lte=until, seq__gt=until - _KEPT_IN_PAGE)
    return list(gone.values_list("seq", flat=True))


def last_shown_seq(room: Room, now: datetime) -> int:
    """The number of the newest line that everybody may see, deleted or not."""
    if room.delayed_until is None or room.delayed_until <= now:
        return room.last_seq
    return Message.objects.due(now).filter(room=room).aggregate(last=Max("seq"))["last"] or 0
