"""Asking a room something: polls are opened and ended by moderators, and by their time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from chat import gates
from chat.announcing import tell_crew
from chat.errors import AlreadyVoted, BadText, NotAPoll, OutOfBounds, PollRunning
from chat.lines import add_system_line, lock
from chat.models import Poll, PollVote, Room
from chat.models.polls import LONGEST_OPTION, LONGEST_QUESTION, LONGEST_S, OPTIONS, SHORTEST_S
from chat.standing import standing_of
from chat.tallies import announce_poll, tally, tell_soon
from chat.text import clean_line

_VOTABLE = "SELECT * FROM chat_poll WHERE id = %s AND ended_at IS NULL AND ends_at > %s FOR SHARE"


@transaction.atomic
def open_poll(
    *, room: Room, by: User, question: object, options: Sequence[object], seconds: int, now: datetime
) -> Poll:
    """Ask a room something for a while. Raises PollRunning, BadText or OutOfBounds."""
    facts = {"question": _clean_question(question), "options": _clean_options(options)}
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise OutOfBounds(_("A poll lasts 15 seconds to 30 minutes."))
    room = lock(room)
    if Poll.objects.running().filter(room=room).exists():
        raise PollRunning
    poll = Poll.objects.create(
        room=room, opened_by=by, opened_at=now, ends_at=now + timedelta(seconds=seconds), **facts
    )
    _record(by, "opened", poll, options=poll.options, seconds=seconds)
    announce_poll(poll, [0] * len(poll.options), now)
    return poll


def vote(*, poll: Poll, user: User, choice: int, now: datetime) -> PollVote:
    """Write somebody's vote, if they may write in the room. Sent twice it is one; another choice is AlreadyVoted.

    Voters share the lock on the poll's row and never wait for each other; they and its end do, so that what is counted
    then is every vote that was accepted. Raises NotAPoll once it is over, or what the gate says.
    """
    gates.check_may_write(poll.room, standing_of(user, poll.room.channel, now), now)
    if not 0 <= choice < len(poll.options):
        raise OutOfBounds(_("There is no such option."))
    with transaction.atomic():
        if not list(Poll.objects.raw(_VOTABLE, [poll.pk, now])):
            raise NotAPoll
        facts = {"choice": choice, "voted_at": now}
        row, _is_new = PollVote.objects.get_or_create(poll=poll, user=user, defaults=facts)
        if row.choice != choice:
            raise AlreadyVoted(choice=row.choice)
        transaction.on_commit(lambda: tell_soon(poll))
    return row


@transaction.atomic
def end_poll(*, poll: Poll, now: datetime, by: User | None = None) -> None:
    """End a poll, at its time or, by somebody, before it; the room says how it came out. Harmless when it is over."""
    if (ended := _close(poll, now, by, is_cancelled=False)) is not None:
        kind, facts = result_of(ended)
        add_system_line(ended.room, now, kind, f"poll:{ended.pk}", **facts)
        _record(by, "ended", ended, votes=sum(ended.counts or ()))


@transaction.atomic
def cancel_poll(*, poll: Poll, by: User, now: datetime) -> None:
    """Take a poll away as if it had not been asked. Harmless when it is over."""
    if (cancelled := _close(poll, now, by, is_cancelled=True)) is not None:
        _record(by, "cancelled", cancelled)


def end_due_polls(*, now: datetime) -> int:
    """End those whose time is over; how many there were. Two workers that do so at once end each once."""
    due = list(Poll.objects.due(now))
    for poll in due:
        end_poll(poll=poll, now=now)
    return len(due)


def result_of(poll: Poll) -> tuple[str, dict[str, Any]]:
    """The kind of line that says how a poll came out, and its facts."""
    counts = poll.counts or []
    facts: dict[str, Any] = {"question": poll.question}
    if not any(counts):
        return "poll_empty", facts
    most = max(counts)
    first = [option for option, count in zip(poll.options, counts, strict=True) if count == most]
    facts |= {"winner": ", ".join(first), "won": most, "votes": sum(counts)}
    return ("poll_tied" if len(first) > 1 else "poll"), facts


def _close(poll: Poll, now: datetime, by: User | None, *, is_cancelled: bool) -> Poll | None:
    """None when somebody else has. The poll is locked before the room: who votes holds the one and wants no other."""
    rows = Poll.objects.running().select_for_update(of=("self",)).select_related("room__channel__owner")
    row = rows.filter(pk=poll.pk).first()
    if row is None:
        return None
    row.counts, row.ended_at, row.ended_by, row.is_cancelled = tally(row), now, by, is_cancelled
    row.save(update_fields=["counts", "ended_at", "ended_by", "is_cancelled"])
    announce_poll(row, row.counts, now)
    return row


def _clean_question(question: object) -> str:
    line = clean_line(question)
    if len(line) > LONGEST_QUESTION:
        raise OutOfBounds(_("A question has at most 140 characters."))
    return line


def _clean_options(options: Sequence[object]) -> list[str]:
    if not OPTIONS[0] <= len(options) <= OPTIONS[1]:
        raise OutOfBounds(_("A poll has 2 to 6 options."))
    try:
        lines = [clean_line(option) for option in options]
    except BadText as error:
        raise OutOfBounds(_("An option is a few words.")) from error
    if any(len(line) > LONGEST_OPTION for line in lines):
        raise OutOfBounds(_("An option has at most 60 characters."))
    if len({line.casefold() for line in lines}) < len(lines):
        raise OutOfBounds(_("Two options are the same."))
    return lines


def _record(by: User | None, did: str, poll: Poll, **facts: Any) -> None:
    audit.record(by, f"chat: {did} poll", poll.room.channel, room=poll.room.name, text=poll.question, **facts)
    tell_crew(poll.room.channel_id, "log")
