"""Keeping order: what moderators do to messages and to people."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Channel, User
from chat.announcing import announce_gone, announce_modes, announce_standing, tell_crew
from chat.errors import AlreadySo, NotAMessage, NotToThem, OutOfBounds
from chat.lines import add_line, lock
from chat.models import Message, ModeratorNote, Room, Sanction
from chat.models.order import LONGEST_REASON, LONGEST_TIMEOUT, SHORTEST_TIMEOUT
from chat.standing import Standing, standing_of
from chat.text import clean_line

Kind = Sanction.Kind
# Who is sent out takes along what they said lately.
_TAKEN_ALONG = timedelta(days=1)
LONGEST_PIN = timedelta(days=7)


def check_may_act_on(by: Standing, target: Standing) -> None:
    """Moderators don't sanction each other; the owner and administrators do, though not the owner."""
    is_self = by.user is not None and by.user == target.user
    if is_self or target.is_chief or (target.is_moderator and not by.is_chief):
        raise NotToThem


@transaction.atomic
def delete_message(*, message: Message, by: User, now: datetime) -> None:
    """Take a message away for all at once; harmless when it is gone."""
    room = lock(message.room)
    if _delete(room, Message.objects.filter(pk=message.pk), by, now):
        name = message.author.username if message.author else ""
        audit.record(by, "chat: deleted message", room.channel, room=room.name, user=name, text=message.text)
        tell_crew(room.channel_id, "log")


@transaction.atomic
def clear_room(*, room: Room, by: User, now: datetime) -> None:
    """Take away all that was said, and say so."""
    room = lock(room)
    count = _delete(room, Message.objects.filter(room=room), by, now)
    audit.record(by, "chat: cleared room", room.channel, room=room.name, messages=count)
    add_line(room, now, kind="cleared")
    tell_crew(room.channel_id, "log")


def _delete(room: Room, messages: QuerySet[Message], by: User | None, now: datetime) -> int:
    """The caller holds the room's lock. A message that is replied to is quoted as gone from then on."""
    rows = messages.filter(deleted_at__isnull=True)
    seqs = sorted(rows.values_list("seq", flat=True))
    rows.update(deleted_at=now, deleted_by=by)
    if room.pinned is not None and room.pinned.seq in seqs:
        _set_pin(room, None, None, None, now)
    announce_gone(room, seqs)
    return len(seqs)


def time_out_user(
    *, channel: Channel, user: User, by: User, length: timedelta, now: datetime, reason: str = ""
) -> Sanction:
    """Send somebody out for 1 second to 14 days; their messages of the last day go with them. Raises OutOfBounds."""
    if not SHORTEST_TIMEOUT <= length <= LONGEST_TIMEOUT:
        raise OutOfBounds(_("A timeout lasts 1 second to 14 days."))
    return _sanction(channel, user, by, now, Kind.TIMEOUT, reason, until=now + length)


def ban_user(*, channel: Channel, user: User, by: User, now: datetime, reason: str = "") -> Sanction:
    """Shut somebody out of all of a channel's rooms, whatever they have open. Raises AlreadySo."""
    return _sanction(channel, user, by, now, Kind.BAN, reason)


def warn_user(*, channel: Channel, user: User, by: User, now: datetime, reason: str) -> Sanction:
    """Have somebody read a warning before they can write again."""
    return _sanction(channel, user, by, now, Kind.WARNING, reason)


@transaction.atomic
def _sanction(
    channel: Channel, user: User, by: User, now: datetime, kind: Kind, reason: str, until: datetime | None = None
) -> Sanction:
    reason = clean_line(reason)[:LONGEST_REASON] if reason.strip() else ""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    target = standing_of(user, channel, now)
    check_may_act_on(standing_of(by, channel, now), target)
    if kind == Kind.BAN and target.sanction is not None and target.sanction.kind == Kind.BAN:
        raise AlreadySo
    if kind == Kind.TIMEOUT:
        # The newest counts, shorter ones too.
        _in_force(channel, user, now).filter(kind=Kind.TIMEOUT).update(lifted_at=now)
    facts = {"kind": kind, "reason": reason, "by": by, "created_at": now, "until": until}
    row = Sanction.objects.create(channel=channel, user=user, **facts)
    if kind != Kind.WARNING:
        _take_along(channel, user, by, now)
    until_said = until.isoformat() if until else None
    audit.record(by, f"chat: {kind}", channel, user=user.username, reason=reason, until=until_said)
    announce_standing(channel.pk, user.pk)
    tell_crew(channel.pk, "log")
    return row


def _take_along(channel: Channel, user: User, by: User, now: datetime) -> None:
    recent = Message.objects.filter(author=user, created_at__gt=now - _TAKEN_ALONG, deleted_at__isnull=True)
    for room in Room.objects.filter(channel=channel, pk__in=recent.values("room")).order_by("pk"):
        _delete(lock(room), recent.filter(room=room), by, now)


def _in_force(channel: Channel, user: User, now: datetime) -> QuerySet[Sanction]:
    return Sanction.objects.in_force(now).filter(channel=channel, user=user)


@transaction.atomic
def lift_sanctions(*, channel: Channel, user: User, by: User, now: datetime) -> None:
    """Let somebody back in: bans and timeouts end. Raises AlreadySo when there are none."""
    if not _in_force(channel, user, now).exclude(kind=Kind.WARNING).update(lifted_at=now):
        raise AlreadySo
    audit.record(by, "chat: lifted", channel, user=user.username)
    announce_standing(channel.pk, user.pk)
    tell_crew(channel.pk, "log")


@transaction.atomic
def acknowledge_warnings(*, channel: Channel, user: User, now: datetime) -> None:
    """Somebody has read what they were warned of."""
    _in_force(channel, user, now).filter(kind=Kind.WARNING).update(lifted_at=now)
    announce_standing(channel.pk, user.pk)


@transaction.atomic
def add_note(*, channel: Channel, user: User, by: User, text: str, now: datetime) -> ModeratorNote:
    """Tell the other moderators something about somebody."""
    note = ModeratorNote.objects.create(channel=channel, user=user, by=by, text=clean_line(text), created_at=now)
    audit.record(by, "chat: noted", channel, user=user.username)
    tell_crew(channel.pk, "log")
    return note


@transaction.atomic
def pin_message(*, message: Message, by: User, now: datetime, minutes: int | None = None) -> Room:
    """Keep a message above the others, until further notice or for so many minutes. Raises OutOfBounds, NotAMessage."""
    if minutes is not None and not 1 <= minutes <= LONGEST_PIN.total_seconds() / 60:
        raise OutOfBounds(_("A pin lasts 1 minute to 7 days."))
    room = lock(message.room)
    if not Message.objects.shown(now).filter(pk=message.pk).exists():
        raise NotAMessage
    _set_pin(room, message, by, now + timedelta(minutes=minutes) if minutes else None, now)
    audit.record(by, "chat: pinned", room.channel, room=room.name, text=message.text)
    tell_crew(room.channel_id, "log")
    return room


@transaction.atomic
def unpin(*, room: Room, by: User, now: datetime) -> Room:
    room = lock(room)
    if room.pinned is not None:
        _set_pin(room, None, None, None, now)
        audit.record(by, "chat: unpinned", room.channel, room=room.name)
        tell_crew(room.channel_id, "log")
    return room


def _set_pin(room: Room, message: Message | None, by: User | None, until: datetime | None, now: datetime) -> None:
    room.pinned, room.pinned_by, room.pinned_until = message, by, until
    room.save(update_fields=["pinned", "pinned_by", "pinned_until"])
    announce_modes(room, now, is_gate=False)
