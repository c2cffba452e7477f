"""Polls on pages, typed, in the admin, and forgotten."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.deletion import forget
from accounts.models import Channel, User
from chat import history, slash
from chat.actions import (
    cancel_poll,
    end_poll,
    open_main_room,
    open_poll,
    open_room,
    vote,
)
from chat.errors import ChatError
from chat.models import Message, Poll, PollVote, Room
from chat.standing import standing_of
from chat.tallies import tally, tell_running
from chat.tasks import end_modes
from tests.chat.conftest import ASKED, Ask, OpenPage, voters
from tests.realtime.web import log_in

pytestmark = pytest.mark.django_db


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
