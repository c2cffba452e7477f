"""Polls: who asks, who votes, what is counted."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import block
from accounts.deletion import forget
from accounts.models import AuditEntry, Channel, Follow, User
from chat import history, slash
from chat.access import get_running_poll
from chat.actions import (
    ban_user,
    cancel_poll,
    change_room,
    end_due_polls,
    end_poll,
    open_main_room,
    open_poll,
    open_room,
    restrict_to_subscribers,
    time_out_user,
    vote,
    warn_user,
)
from chat.errors import AlreadyVoted, BadText, ChatError, NotAPoll, OutOfBounds, PollRunning
from chat.models import Message, Poll, PollVote, Room
from chat.standing import standing_of
from chat.tallies import running_poll, tally, tell_running
from chat.tasks import end_modes
from monetization.subscriptions import grant
from tests.chat.conftest import OpenPage
from tests.realtime.web import log_in, wait_for

pytestmark = pytest.mark.django_db
ASKED: dict[str, Any] = {"question": "Tea or coffee?", "options": ["Tea", "Coffee", "Water"], "seconds": 60}
Ask = Callable[..., Poll]


@pytest.fixture
def ask(room: Room, alice: User, noon: datetime) -> Ask:
    """Have alice ask the main room something at noon, tea or coffee unless told otherwise."""

    def open_one(**facts: Any) -> Poll:
        given: dict[str, Any] = ASKED | {"room": room, "by": alice, "now": noon} | facts
        return open_poll(**given)

    return open_one


def voters(count: int) -> list[User]:
    return [User.objects.create(username=f"voter{one}", email=f"{one}@example.com") for one in range(count)]


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


# Pages


@pytest.fixture
def live_poll(transactional_db: None, alice_channel: Channel, alice: User) -> Poll:
    return open_poll(**ASKED, room=open_main_room(channel=alice_channel), by=alice, now=timezone.now())


def test_who_comes_finds_the_poll_and_their_own_vote(
    page: OpenPage, live_poll: Poll, bob: User, client: Client
) -> None:
    room = live_poll.room
    voter, stranger = page(Cookie=log_in(bob)), page()
    voter.follow(room.topic)
    assert voter.read("entered")["poll"]["my_choice"] is None

    order = {"room": room.pk, "poll": live_poll.pk, "choice": 2}
    assert voter.ask("chat.vote", **order)["result"] == {"choice": 2}
    assert voter.read("tally")["counts"] == [0, 0, 1]
    assert stranger.ask("chat.vote", **order)["error"]["code"] == "not_logged_in"

    again = page(Cookie=log_in(bob))
    again.follow(room.topic)
    stranger.follow(room.topic)
    for one, choice in ((again, 2), (stranger, None)):
        poll = one.read("entered")["poll"]
        assert (poll["question"], poll["counts"], poll["my_choice"]) == ("Tea or coffee?", [0, 0, 1], choice)
        assert 50 < poll["left_s"] <= 60
    client.force_login(bob)
    assert client.get("/@alice").context["chat"]["poll"]["my_choice"] == 2
    assert page(Cookie=log_in(bob)).ask("chat.enter", room=room.pk)["result"]["poll"]["my_choice"] == 2


def test_a_closed_room_says_nothing_of_its_poll(live_poll: Poll, client: Client) -> None:
    Room.objects.update(read_by="subscribers")

    answer = client.get("/@alice")

    assert answer.context["chat"]["poll"] is None
    assert b"Tea or coffee" not in answer.content


def test_bars_move_a_few_times_a_second_however_many_vote(page: OpenPage, live_poll: Poll) -> None:
    watcher = page()
    watcher.follow(live_poll.room.topic)
    began = timezone.now()
    for number, user in enumerate(voters(30)):
        vote(poll=live_poll, user=user, choice=number % 3, now=timezone.now())
    took_s = (timezone.now() - began).total_seconds()
    for _ in range(2):
        tell_running()

    told = [watcher.read("tally")["counts"]]
    while told[-1] != [10, 10, 10]:
        told.append(watcher.read("tally")["counts"])
    assert len(told) <= 2 + 2 * took_s
    with pytest.raises(AssertionError):
        watcher.read("tally", within_s=0.3)


def test_pages_hear_of_the_beginning_and_the_end(page: OpenPage, live_poll: Poll, alice: User) -> None:
    watcher, moderator = page(), page(Cookie=log_in(alice))
    cancel_poll(poll=live_poll, by=alice, now=timezone.now())
    watcher.follow(live_poll.room.topic)
    room = live_poll.room_id
    assert (
        moderator.ask("chat.poll", room=room, question="<b>Now?</b>", options=["a", "b"], seconds=15)["result"] is None
    )
    begun = watcher.read("poll")
    assert (begun["question"], begun["state"], begun["counts"]) == ("<b>Now?</b>", "running", [0, 0])

    Poll.objects.filter(pk=begun["poll"]).update(
        opened_at=timezone.now() - timedelta(seconds=16), ends_at=timezone.now() - timedelta(seconds=1)
    )
    end_modes()
    assert watcher.read("poll")["state"] == "ended"
    assert watcher.read("line")["kind"] == "poll_empty"
    assert moderator.ask("chat.end_poll", room=room)["error"]["code"] == "not_a_poll"
    assert moderator.ask("chat.cancel_poll", room=room)["error"]["code"] == "not_a_poll"


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        ("vote", {"poll": "x", "choice": 0}),
        ("vote", {"choice": 0}),
        ("vote", {"poll": 10**30, "choice": 0}),
        ("vote", {"poll": 0, "choice": "0"}),
        ("vote", {"poll": 0, "choice": True}),
        ("poll", {"question": "q", "options": "ab", "seconds": 60}),
        ("poll", {"question": "q", "options": ["a", {}], "seconds": 60}),
        ("poll", {"question": "q", "options": ["a", "b"], "seconds": "60"}),
        ("poll", {"question": "q", "options": ["a", "b"], "seconds": 10**30}),
        ("poll", {"question": ["q"], "options": ["a", "b"], "seconds": 60}),
        ("poll", {}),
    ],
)
def test_nonsense_is_refused(
    page: OpenPage, live_poll: Poll, alice: User, command: str, payload: dict[str, object]
) -> None:
    payload = payload | ({"poll": live_poll.pk} if payload.get("poll") == 0 else {})
    reply = page(Cookie=log_in(alice)).ask(f"chat.{command}", room=live_poll.room_id, **payload)

    assert reply["error"]["code"] in ("not_a_poll", "out_of_bounds", "bad_text", "poll_running")
    assert not PollVote.objects.exists()


def test_a_poll_is_voted_on_in_its_own_room(page: OpenPage, live_poll: Poll, alice: User, bob: User) -> None:
    other = open_room(channel=live_poll.room.channel, by=alice, facts={"name": "Annex"})
    reply = page(Cookie=log_in(bob)).ask("chat.vote", room=other.pk, poll=live_poll.pk, choice=0)

    assert reply["error"]["code"] == "not_a_poll"


# Typed, in the admin, and forgotten


def type_in(room: Room, by: User, text: str, now: datetime) -> str:
    return slash.run(text, slash.Context(by, room, standing_of(by, room.channel, now), now))


@pytest.mark.parametrize(
    ("text", "question", "options", "seconds"),
    [
        ("/poll 60 Question? | A | B", "Question?", ["A", "B"], 60),
        ("/poll 2m What now? |A|B| C d", "What now?", ["A", "B", "C d"], 120),
        ("/poll Tea? | yes | no", "Tea?", ["yes", "no"], 60),
        ("/POLL 30m Tea? | yes | no", "Tea?", ["yes", "no"], 1800),
    ],
)
def test_polls_are_typed(
    room: Room, alice: User, noon: datetime, text: str, question: str, options: list[str], seconds: int
) -> None:
    assert type_in(room, alice, text, noon)

    poll = Poll.objects.get()
    assert (poll.question, poll.options) == (question, options)
    assert poll.ends_at == noon + timedelta(seconds=seconds)
    assert type_in(room, alice, "/endpoll", noon)
    assert not Poll.objects.running().exists()


@pytest.mark.parametrize(
    "text",
    ["/poll", "/poll 60", "/poll 60 Question?", "/poll 60 q | a", "/poll 14 q | a | b", "/poll | a | b", "/endpoll"],
)
def test_what_makes_no_sense_is_explained(room: Room, alice: User, noon: datetime, text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        type_in(room, alice, text, noon)
    assert str(refusal.value.message)


def test_the_admin_ends_and_cancels(client: Client, erin: User, ask: Ask, room: Room, alice: User) -> None:
    polls = [
        ask(now=timezone.now()),
        ask(now=timezone.now(), room=open_room(channel=room.channel, by=alice, facts={"name": "Annex"})),
    ]
    client.force_login(erin)
    for action, poll in zip(("end", "cancel"), polls, strict=True):
        data = {"action": action, "_selected_action": [poll.pk]}
        assert client.post("/admin/chat/poll/", data).status_code == 302
        poll.refresh_from_db()
        assert (poll.ended_by, poll.is_cancelled) == (erin, action == "cancel")
        page = client.get(f"/admin/chat/poll/{poll.pk}/change/").content.decode()
        assert 'name="question"' not in page


def test_what_somebody_chose_is_not_shown_in_the_admin(
    client: Client, erin: User, ask: Ask, bob: User, noon: datetime
) -> None:
    row = vote(poll=ask(), user=bob, choice=1, now=noon)
    client.force_login(erin)

    page = client.get(f"/admin/chat/pollvote/{row.pk}/change/").content.decode()

    assert "bob" in page
    assert "field-choice" not in page


def test_a_deleted_account_leaves_neither_votes_nor_questions(
    ask: Ask, room: Room, alice: User, bob: User, noon: datetime
) -> None:
    old = ask(by=bob)
    vote(poll=old, user=alice, choice=0, now=noon)
    end_poll(poll=old, now=noon)
    ask(by=bob, question="Still open?")
    other = ask(room=open_room(channel=room.channel, by=alice, facts={"name": "Annex"}))
    vote(poll=other, user=bob, choice=0, now=noon)

    forget(user=bob, by=bob, now=noon)

    assert (list(Poll.objects.all()), tally(other)) == ([other], [0, 0, 0])
    assert history.last_lines(room, noon) == []
    assert not Message.objects.filter(facts__question__isnull=False).exists()
