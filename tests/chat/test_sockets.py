"""Rooms over real sockets."""

import uuid

import pytest
from django.db import transaction

from accounts.models import Channel, User
from chat.actions import open_main_room, post_message
from chat.models import Audience, Message, Room
from realtime import publish, recheck_on_commit
from tests.chat.conftest import OpenPage, Post
from tests.realtime.web import log_in


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

    assert (reply["result"]["seq"], reply["result"]["client_id"]) == (1, str(client_id))
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
