"""Polls: who asks, who votes, what is counted."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.actions import block
from accounts.models import AuditEntry, Follow, User
from chat import history
from chat.access import get_running_poll
from chat.actions import (
    ban_user,
    cancel_poll,
    change_room,
    end_due_polls,
    end_poll,
    open_room,
    restrict_to_subscribers,
    time_out_user,
    vote,
    warn_user,
)
from chat.errors import AlreadyVoted, BadText, ChatError, NotAPoll, OutOfBounds, PollRunning
from chat.models import Message, Poll, PollVote, Room
from chat.tallies import running_poll, tally
from monetization.subscriptions import grant
from tests.chat.conftest import ASKED, Ask, voters
from tests.realtime.web import wait_for

pytestmark = pytest.mark.django_db


# Asking


@pytest.mark.parametrize(
    "facts",
    [
        {"seconds": 15},
        {"seconds": 1800},
        {"options": ["a", "b"]},
        {"options": list("abcdef")},
        {"question": "q"},
        {"question": "q" * 140},
        {"options": ["a" * 60, "b"]},
    ],
)
def test_bounds_are_inclusive(ask: Ask, facts: dict[str, Any]) -> None:
    poll = ask(**facts)

    assert (poll.ends_at - poll.opened_at).total_seconds() == facts.get("seconds", 60)
    assert (poll.question, poll.options) == (
        facts.get("question", ASKED["question"]),
        facts.get("options", ASKED["options"]),
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"seconds": 14},
        {"seconds": 1801},
        {"seconds": -60},
        {"options": []},
        {"options": ["a"]},
        {"options": list("abcdefg")},
        {"options": ["a" * 61, "b"]},
        {"options": ["a", " "]},
        {"options": ["a", None]},
        {"options": ["Tea", "tea "]},
        {"question": "q" * 141},
    ],
)
def test_what_is_out_of_bounds_is_refused(ask: Ask, facts: dict[str, Any]) -> None:
    with pytest.raises(OutOfBounds) as refusal:
        ask(**facts)
    assert str(refusal.value.message)
    assert not Poll.objects.exists()


@pytest.mark.parametrize("question", ["", "   ", "\u200b", None, 7])
def test_a_question_is_asked(ask: Ask, question: object) -> None:
    with pytest.raises(BadText):
        ask(question=question)


@pytest.mark.parametrize(
    "facts",
    [
        {"options": ["a"]},
        {"options": list("abcdefg")},
        {"ends_in_s": 14},
        {"ends_in_s": 1801},
        {"ended_in_s": 20},
        {"counts": [1, 2]},
    ],
)
def test_the_database_holds_the_bounds(room: Room, noon: datetime, facts: dict[str, Any]) -> None:
    ends_in, ended_in = facts.pop("ends_in_s", 60), facts.pop("ended_in_s", None)
    given = {"question": "q", "options": ["a", "b"], "opened_at": noon} | facts
    given["ends_at"] = noon + timedelta(seconds=ends_in)
    given["ended_at"] = noon + timedelta(seconds=ended_in) if ended_in else None
    with pytest.raises(IntegrityError):
        Poll.objects.create(room=room, **given)


def test_a_room_has_one_poll_at_a_time(ask: Ask, room: Room, alice: User, noon: datetime) -> None:
    first = ask()
    with pytest.raises(PollRunning):
        ask()
    with pytest.raises(IntegrityError), transaction.atomic():
        Poll.objects.create(room=room, question="q", options=["a", "b"], opened_at=noon, ends_at=first.ends_at)
    ask(room=open_room(channel=room.channel, by=alice, facts={"name": "Annex"}))
    end_poll(poll=first, by=alice, now=noon)

    assert ask().ended_at is None


# Voting


def test_a_vote_is_given_once_and_for_good(ask: Ask, alice: User, bob: User, carol: User, noon: datetime) -> None:
    poll = ask()
    for _ in range(2):
        assert vote(poll=poll, user=bob, choice=1, now=noon).choice == 1
    with pytest.raises(AlreadyVoted) as refusal:
        vote(poll=poll, user=bob, choice=0, now=noon)
    vote(poll=poll, user=carol, choice=2, now=noon)

    assert refusal.value.facts == {"choice": 1}
    assert tally(poll) == [0, 1, 1]
    with pytest.raises(IntegrityError), transaction.atomic():
        PollVote.objects.create(poll=poll, user=bob, choice=0, voted_at=noon)
    with pytest.raises(IntegrityError), transaction.atomic():
        PollVote.objects.create(poll=poll, user=alice, choice=6, voted_at=noon)


@pytest.mark.parametrize("choice", [-1, 3, 6])
def test_there_are_no_other_options(ask: Ask, bob: User, noon: datetime, choice: int) -> None:
    with pytest.raises(OutOfBounds):
        vote(poll=ask(), user=bob, choice=choice, now=noon)


def _ban(room: Room, alice: User, bob: User, noon: datetime) -> None:
    ban_user(channel=room.channel, user=bob, by=alice, now=noon)


def _time_out(room: Room, alice: User, bob: User, noon: datetime) -> None:
    time_out_user(channel=room.channel, user=bob, by=alice, length=timedelta(seconds=30), now=noon)


def _warn(room: Room, alice: User, bob: User, noon: datetime) -> None:
    warn_user(channel=room.channel, user=bob, by=alice, reason="caps", now=noon)


def _block(room: Room, alice: User, bob: User, noon: datetime) -> None:
    block(user=alice, other=bob)


def _followers(room: Room, alice: User, bob: User, noon: datetime) -> None:
    change_room(room=room, by=alice, changes={"followers_only_min": 0}, now=noon)


def _subscribers(room: Room, alice: User, bob: User, noon: datetime) -> None:
    restrict_to_subscribers(room=room, by=alice, now=noon, scope=Room.SubscribersOnly.WRITE)


def _moderators(room: Room, alice: User, bob: User, noon: datetime) -> None:
    change_room(room=room, by=alice, changes={"write_by": "moderators"}, now=noon)


@pytest.mark.parametrize(
    ("shut", "code"),
    [
        (_ban, "banned"),
        (_time_out, "timed_out"),
        (_warn, "warned"),
        (_block, "blocked"),
        (_followers, "followers_only"),
        (_subscribers, "subscribers_only"),
        (_moderators, "moderators_only"),
    ],
)
def test_who_may_not_write_may_not_vote(
    ask: Ask, room: Room, alice: User, bob: User, noon: datetime, shut: Callable[..., None], code: str
) -> None:
    ask()
    shut(room, alice, bob, noon)
    # As the socket has it: read when the vote comes.
    poll = get_running_poll(room)

    with pytest.raises(ChatError) as refusal:
        vote(poll=poll, user=bob, choice=0, now=noon)

    assert refusal.value.code == code
    assert tally(poll) == [0, 0, 0]


def test_the_gate_opens_with_a_follow_and_a_subscription(
    ask: Ask, room: Room, alice: User, bob: User, carol: User, noon: datetime
) -> None:
    _followers(room, alice, bob, noon)
    Follow.objects.create(channel=room.channel, user=bob)
    Follow.objects.update(created_at=noon)
    poll = ask()
    vote(poll=get_running_poll(room), user=bob, choice=0, now=noon)
    change_room(room=room, by=alice, changes={"followers_only_min": None}, now=noon)
    _subscribers(room, alice, bob, noon)
    grant(user=carol, channel=room.channel, starts_at=noon)
    vote(poll=get_running_poll(room), user=carol, choice=1, now=noon)

    assert tally(poll) == [1, 1, 0]


# Its end


@pytest.mark.parametrize(("later_s", "is_over"), [(59.9, False), (60, True), (61, True)])
def test_a_poll_ends_with_its_time(
    ask: Ask, room: Room, bob: User, carol: User, noon: datetime, later_s: float, is_over: bool
) -> None:
    poll, later = ask(), noon + timedelta(seconds=later_s)
    vote(poll=poll, user=bob, choice=0, now=noon)
    if is_over:
        with pytest.raises(NotAPoll):
            vote(poll=poll, user=carol, choice=0, now=later)
    else:
        vote(poll=poll, user=carol, choice=0, now=later)

    assert end_due_polls(now=later) == is_over
    assert (running_poll(room, None, later) is None) is is_over
    assert [line["kind"] for line in history.last_lines(room, later)] == ["poll"] * is_over


@pytest.mark.parametrize(
    ("votes", "kind", "facts"),
    [
        ([2, 1, 0], "poll", {"winner": "Tea", "won": 2, "votes": 3}),
        ([1, 1, 0], "poll_tied", {"winner": "Tea, Coffee", "won": 1, "votes": 2}),
        ([0, 0, 0], "poll_empty", {}),
    ],
)
def test_the_room_says_how_it_came_out_once(
    ask: Ask, room: Room, noon: datetime, votes: list[int], kind: str, facts: dict[str, Any]
) -> None:
    poll, people = ask(), iter(voters(sum(votes)))
    for choice, count in enumerate(votes):
        for _ in range(count):
            vote(poll=poll, user=next(people), choice=choice, now=noon)

    for _ in range(2):
        end_poll(poll=poll, now=poll.ends_at)

    line = Message.objects.get()
    assert (line.kind, line.facts) == (kind, {"question": "Tea or coffee?"} | facts)
    poll.refresh_from_db()
    assert (poll.counts, poll.ended_at, poll.is_cancelled) == (votes, poll.ends_at, False)
    assert AuditEntry.objects.filter(action="chat: ended poll", actor=None).count() == 1


def test_moderators_end_and_cancel_and_the_log_says_so(ask: Ask, room: Room, carol: User, noon: datetime) -> None:
    end_poll(poll=ask(), by=carol, now=noon)
    cancelled = ask(question="Again?")
    cancel_poll(poll=cancelled, by=carol, now=noon)
    end_poll(poll=cancelled, now=noon)

    assert list(Message.objects.values_list("kind", flat=True)) == ["poll_empty"]
    log = AuditEntry.objects.filter(action__endswith=" poll").order_by("pk")
    assert list(log.values_list("action", "actor_name", "facts__text")) == [
        ("chat: opened poll", "alice", "Tea or coffee?"),
        ("chat: ended poll", "carol", "Tea or coffee?"),
        ("chat: opened poll", "alice", "Again?"),
        ("chat: cancelled poll", "carol", "Again?"),
    ]


@pytest.mark.django_db(transaction=True)
def test_voters_wait_for_nobody_and_the_end_counts_them_all(
    ask: Ask, bob: User, carol: User, dave: User, noon: datetime
) -> None:
    poll = ask()
    has_voted, may_commit, errors = threading.Event(), threading.Event(), []

    def in_thread(act: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                act()
            except ChatError as error:
                errors.append(error.code)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def vote_slowly() -> None:
        with transaction.atomic():
            vote(poll=poll, user=bob, choice=0, now=noon)
            has_voted.set()
            assert may_commit.wait(10)

    slow = in_thread(vote_slowly)
    assert has_voted.wait(10)
    vote(poll=poll, user=carol, choice=1, now=noon)
    ending = in_thread(lambda: end_poll(poll=poll, now=noon))
    wait_for("the end to wait for who is voting", lambda: _waiting() == 1)
    late = in_thread(lambda: vote(poll=poll, user=dave, choice=2, now=noon))
    may_commit.set()
    for thread in (slow, ending, late):
        thread.join(10)

    poll.refresh_from_db()
    counted = poll.counts
    assert counted == tally(poll)
    assert (counted, errors) in [([1, 1, 0], ["not_a_poll"]), ([1, 1, 1], [])]


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])
