"""How polls stand: counted from the votes, and told to open pages a few times a second at most.

A vote is a row and touches no counter: two thousand voters in a few seconds would queue for a counter's row, each
until the one before has committed, and for the room's row they would keep the chat itself waiting. Counting reads one
index, and is done for everybody at once: after a vote unless somebody else's was told within half a second, and by the
sweep each second for what came in between. So the busiest poll is counted three times a second, not once a vote.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count
from redis import RedisError

from accounts.models import User
from chat.models import Poll, PollVote, Room
from realtime import broker, publish, publish_on_commit

_TOLD_EVERY_MS = 500
_TOLD_KEPT_S = 3600


def tally(poll: Poll) -> list[int]:
    """The votes for each option."""
    return tallies([poll])[poll.pk]


def tallies(polls: Iterable[Poll]) -> dict[int, list[int]]:
    """The same for many at the cost of one."""
    counts = {poll.pk: [0] * len(poll.options) for poll in polls}
    rows = PollVote.objects.filter(poll__in=counts).order_by().values_list("poll", "choice")
    for poll_id, choice, count in rows.annotate(count=Count("pk")):
        counts[poll_id][choice] = count
    return counts


def describe_poll(poll: Poll, counts: list[int], now: datetime) -> dict[str, Any]:
    """A poll as every page gets it. Clocks of pages differ, so they are told what is left."""
    state = "running" if poll.ended_at is None else "cancelled" if poll.is_cancelled else "ended"
    return {
        "poll": poll.pk,
        "question": poll.question,
        "options": poll.options,
        "counts": counts,
        "state": state,
        "left_s": max(0.0, (poll.ends_at - now).total_seconds()),
    }


def running_poll(room: Room, user: User | None, now: datetime) -> dict[str, Any] | None:
    """The poll that is open in a room, and what somebody chose there already."""
    poll = Poll.objects.running().filter(room=room).first()
    if poll is None:
        return None
    mine = PollVote.objects.filter(poll=poll, user=user).first() if user else None
    return describe_poll(poll, tally(poll), now) | {"my_choice": mine.choice if mine else None}


def announce_poll(poll: Poll, counts: list[int], now: datetime) -> None:
    """Tell the room of a poll that was opened or is over."""
    publish_on_commit(poll.room.topic, {"type": "poll"} | describe_poll(poll, counts, now))


def tell_soon(poll: Poll) -> None:
    """Somebody has voted: tell at once, unless that was done just now."""
    try:
        is_first = broker.client().set(broker.key_of(f"polled:{poll.pk}"), 1, nx=True, px=_TOLD_EVERY_MS)
    except RedisError:
        return
    if is_first:
        _tell(poll, tally(poll))


def tell_running() -> None:
    """How all open polls stand, where that has changed since it was told."""
    polls = list(Poll.objects.running().select_related("room"))
    counted = tallies(polls) if polls else {}
    for poll in polls:
        _tell(poll, counted[poll.pk])


def _tell(poll: Poll, counts: list[int]) -> None:
    said = json.dumps(counts)
    try:
        before = broker.client().set(broker.key_of(f"tally:{poll.pk}"), said, ex=_TOLD_KEPT_S, get=True)
    except RedisError:
        return
    if before != said.encode() and (before is not None or any(counts)):
        publish(poll.room.topic, {"type": "tally", "poll": poll.pk, "counts": counts})
