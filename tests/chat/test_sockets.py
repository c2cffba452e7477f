"""Rooms over real sockets."""

import time
import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.following import follow, unfollow
from accounts.models import Channel, User
from chat.actions import delete_message, open_main_room, post_message, restrict_to_subscribers
from chat.hearing import on_subscribed
from chat.models import Audience, Message, Room
from chat.tasks import show_line
from monetization.models import Subscription
from monetization.subscriptions import grant, tell_lapses
from realtime import outbox, publish, recheck_on_commit
from tests.chat.conftest import OpenPage, Post
from tests.realtime.web import log_in


def deliver() -> None:
    """What the worker does with the outbox."""
    while outbox.deliver_next(timezone.now()) is not None:
        pass


@pytest.fixture
def room(transactional_db: None, alice_channel: Channel) -> Room:
    return open_main_room(channel=alice_channel)


def test_a_line_reaches_everybody_and_its_author_is_answered(page: OpenPage, room: Room, bob: User) -> None:
    stranger, writer = page(), page(Cookie=log_in(bob))
    stranger.follow(room.topic)
    assert stranger.read("entered")["me"] is None
    writer.follow(room.topic)
    assert writer.read("entered")["me"]["name"] == "bob"

    client_id = uuid.uuid4()
    reply = writer.ask("chat.post", room=room.pk, text="Grüezi", client_id=client_id.hex)

    written = reply["result"]["line"]
    assert (written["seq"], written["client_id"]) == (1, str(client_id))
    for one in (stranger, writer):
        line = one.read("line")
        assert (line["seq"], line["text"], line["author"]["name"]) == (1, "Grüezi", "bob")


def test_strangers_dont_write(page: OpenPage, room: Room) -> None:
    assert page().ask("chat.post", room=room.pk, text="Hello")["error"]["code"] == "not_logged_in"


@pytest.mark.parametrize("payload", [{}, {"room": "x"}, {"room": 10**30}, {"room": True}, {"room": [1]}])
def test_a_room_that_is_not_there(page: OpenPage, bob: User, payload: dict[str, object]) -> None:
    assert page(Cookie=log_in(bob)).ask("chat.post", text="x", **payload)["error"]["code"] == "not_there"


def test_a_line_that_was_not_published_comes_before_the_next(
    page: OpenPage, room: Room, post: Post, bob: User, alice: User
) -> None:
    """Redis lost one: the hub misses its number and reads it."""
    watcher = page()
    watcher.follow(room.topic)
    post(bob, "one")
    assert watcher.read("line")["seq"] == 1
    with transaction.atomic():
        lost = post(bob, "two")
        Message.objects.filter(pk=lost.pk).update(deleted_at=None)
        transaction.get_connection().run_on_commit.clear()
    post(alice, "three")

    assert [watcher.read("line")["text"] for _ in range(2)] == ["two", "three"]


def test_lines_that_overtake_each_other_are_put_in_order(
    page: OpenPage, room: Room, post: Post, bob: User, alice: User
) -> None:
    watcher = page()
    watcher.follow(room.topic)
    post(bob, "zero")
    watcher.read("line")
    for seq in (3, 2, 4, 3):
        publish(room.topic, {"type": "line", "seq": seq})

    assert [watcher.read("line")["seq"] for _ in range(3)] == [2, 3, 4]
    publish(room.topic, {"type": "line", "seq": 5})
    assert watcher.read("line")["seq"] == 5


def test_a_room_that_closes_parts_from_those_it_is_not_for(
    page: OpenPage, room: Room, alice: User, bob: User, post: Post
) -> None:
    stranger, member, owner = page(), page(Cookie=log_in(bob)), page(Cookie=log_in(alice))
    for one in (stranger, member, owner):
        assert "error" not in one.follow(room.topic)

    with transaction.atomic():
        Room.objects.update(read_by=Audience.SUBSCRIBERS)
        recheck_on_commit(room.topic)

    for one in (stranger, member):
        assert one.read("closed")["topic"] == room.topic
        assert one.follow(room.topic)["error"]["code"] == "not_allowed"
    room.refresh_from_db()
    post_message(room=room, author=alice, text="secret", now=room.created_at)
    assert owner.read("line")["text"] == "secret"
    with pytest.raises(AssertionError):
        member.read("line", within_s=0.5)


def test_a_ban_cuts_at_once_and_coming_back_helps_nothing(
    page: OpenPage, room: Room, alice: User, bob: User, post: Post
) -> None:
    owner, first, second = page(Cookie=log_in(alice)), page(Cookie=log_in(bob)), page(Cookie=log_in(bob))
    for one in (owner, first, second):
        one.follow(room.topic)
    began = time.monotonic()
    assert owner.ask("chat.ban", room=room.pk, user="bob", reason="spam").get("error") is None
    for one in (first, second):
        assert one.read("closed", within_s=2)["topic"] == room.topic
    assert time.monotonic() - began < 2

    for one in (first, page(Cookie=log_in(bob))):
        assert one.follow(room.topic)["error"]["code"] == "not_allowed"
        assert one.ask("chat.post", room=room.pk, text="Hello")["error"]["code"] == "banned"
        denial = one.ask("chat.enter", room=room.pk)["result"]["denial"]
        assert (denial["code"], denial["reason"]) == ("banned", "spam")


def test_a_gate_follows_a_subscription_both_ways(page: OpenPage, room: Room, alice: User, bob: User) -> None:
    member = page(Cookie=log_in(bob))
    member.follow(f"user.{bob.pk}")
    with transaction.atomic():
        restrict_to_subscribers(room=room, by=alice, now=timezone.now())
    assert member.follow(room.topic)["error"]["code"] == "not_allowed"

    row = grant(user=bob, channel=room.channel, starts_at=timezone.now())
    deliver()
    assert member.read("chat_standing")["channel"] == room.channel_id
    assert "error" not in member.follow(room.topic)

    Subscription.objects.filter(pk=row.pk).update(ends_at=timezone.now())
    assert tell_lapses(timezone.now()) == 1
    deliver()
    assert member.read("closed", within_s=5)["topic"] == room.topic
    assert member.follow(room.topic)["error"]["code"] == "not_allowed"


def test_follows_and_subscriptions_are_told_once(room: Room, bob: User) -> None:
    for _ in range(2):
        follow(channel=room.channel, user=bob)
        unfollow(channel=room.channel, user=bob)
    row = grant(user=bob, channel=room.channel, starts_at=timezone.now())
    deliver()
    on_subscribed({"subscription": row.pk, "user": bob.pk, "channel": room.channel_id})

    assert list(Message.objects.order_by("seq").values_list("kind", "facts")) == [
        ("followed", {"person": "bob"}),
        ("subscribed", {"person": "bob"}),
    ]


def test_moderators_see_delayed_lines_first(page: OpenPage, room: Room, alice: User, bob: User) -> None:
    owner, viewer = page(Cookie=log_in(alice)), page()
    owner.follow(f"chat.crew.{room.channel_id}")
    assert owner.ask("chat.modes", room=room.pk, changes={"delay_s": 2}).get("error") is None
    viewer.follow(room.topic)

    message = post_message(room=room, author=bob, text="soon", now=timezone.now())
    assert isinstance(message, Message)
    assert owner.read("pending")["text"] == "soon"
    late = page()
    late.follow(room.topic)
    assert late.read("entered")["last_seq"] == 0
    Message.objects.update(shown_at=timezone.now())
    show_line(message.pk)

    for one in (viewer, late):
        assert one.read("line")["text"] == "soon"


def test_a_delayed_line_that_was_deleted_leaves_no_gap(page: OpenPage, room: Room, alice: User, bob: User) -> None:
    Room.objects.update(delay_s=2)
    viewer = page()
    viewer.follow(room.topic)
    message = post_message(room=room, author=bob, text="rude", now=timezone.now())
    assert isinstance(message, Message)
    delete_message(message=message, by=alice, now=timezone.now())
    show_line(message.pk)

    assert viewer.read(lambda event: event.get("seq") == 1)["type"] == "gone"


def test_the_crew_topic_is_the_crews(page: OpenPage, room: Room, alice: User, bob: User) -> None:
    assert page().follow(f"chat.crew.{room.channel_id}")["error"]["code"] == "not_allowed"
    assert page(Cookie=log_in(bob)).follow(f"chat.crew.{room.channel_id}")["error"]["code"] == "not_allowed"
    assert "error" not in page(Cookie=log_in(alice)).follow(f"chat.crew.{room.channel_id}")


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        ("delete", {"seq": 1}),
        ("timeout", {"user": "alice", "seconds": 60}),
        ("ban", {"user": "alice"}),
        ("unban", {"user": "alice"}),
        ("warn", {"user": "alice", "reason": "x"}),
        ("note", {"user": "alice", "text": "x"}),
        ("pin", {"seq": 1}),
        ("unpin", {}),
        ("clear", {}),
        ("modes", {"changes": {"slow_s": 30}}),
        ("decide", {"held": 1, "allow": True}),
        ("poll", {"question": "Tea?", "options": ["yes", "no"], "seconds": 60}),
        ("end_poll", {}),
        ("cancel_poll", {}),
    ],
)
def test_viewers_have_no_power(page: OpenPage, room: Room, bob: User, command: str, payload: dict[str, object]) -> None:
    assert page().ask(f"chat.{command}", room=room.pk, **payload)["error"]["code"] == "not_logged_in"
    reply = page(Cookie=log_in(bob)).ask(f"chat.{command}", room=room.pk, **payload)
    assert reply["error"]["code"] == "not_a_moderator"


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        ("delete", {"seq": "x"}),
        ("timeout", {"user": "bob", "seconds": "60"}),
        ("timeout", {"user": "bob", "seconds": 10**30}),
        ("timeout", {"user": 7, "seconds": 60}),
        ("ban", {"user": ["bob"]}),
        ("warn", {"user": "bob"}),
        ("pin", {"seq": 1, "minutes": "x"}),
        ("modes", {"changes": {"last_seq": 9}}),
        ("modes", {"changes": {"slow_s": [3]}}),
        ("modes", {"changes": {"slow_s": "x"}}),
        ("modes", {"changes": {"subscribers_only": "everything"}}),
        ("modes", {}),
        ("decide", {"held": -1}),
    ],
)
def test_nonsense_is_refused(
    page: OpenPage, room: Room, alice: User, bob: User, command: str, payload: dict[str, object]
) -> None:
    reply = page(Cookie=log_in(alice)).ask(f"chat.{command}", room=room.pk, **payload)

    assert reply["error"]["code"] not in ("went_wrong", "unknown_command")


def test_the_first_line_may_be_overtaken_too(page: OpenPage, room: Room) -> None:
    watcher = page()
    watcher.follow(room.topic)
    for seq in (2, 1):
        publish(room.topic, {"type": "line", "seq": seq})

    assert [watcher.read("line")["seq"] for _ in range(2)] == [1, 2]
