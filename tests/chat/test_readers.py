"""What was said among a few stays among them when the room is everybody's again."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts import reports
from accounts.actions import appoint
from accounts.errors import NotThere
from accounts.models import ChannelRole, User
from chat import history
from chat.actions import change_room, end_modes, lift_restriction, pin_message, restrict_to_subscribers
from chat.models import Audience, Message, Room
from chat.showing import describe_modes
from monetization.subscriptions import grant
from tests.chat.conftest import Post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


@pytest.fixture
def patron(carol: User, room: Room, noon: datetime) -> User:
    """Carol subscribes."""
    grant(user=carol, channel=room.channel, starts_at=noon)
    return carol


def texts(client: Client, room: Room, after: int = 0) -> list[str]:
    query = f"?after={after}" if after else ""
    answer = client.get(f"/chat/rooms/{room.pk}/lines{query}").json()
    return [line["text"] for line in answer["lines"]]


@pytest.mark.parametrize("is_timed", [False, True])
def test_what_was_said_among_subscribers_stays_there(
    client: Client,
    room: Room,
    post: Post,
    alice: User,
    bob: User,
    dave: User,
    patron: User,
    noon: datetime,
    is_timed: bool,
) -> None:
    post(bob, "before")
    restrict_to_subscribers(room=room, by=alice, now=noon, minutes=5 if is_timed else None)
    post(patron, "among us")
    later = noon + timedelta(minutes=6)
    if is_timed:
        end_modes(now=later)
    else:
        lift_restriction(room=room, by=alice, now=later)
    post(bob, "after", now=later)

    assert texts(client, room) == ["before", "after"]
    assert texts(client, room, after=1) == ["after"]
    client.force_login(bob)
    assert texts(client, room) == ["before", "after"]
    assert b"among us" not in client.get("/@alice").content
    appoint(channel=room.channel, user=dave, role=ChannelRole.Role.VIP, by=alice, now=noon)
    for reader in (patron, alice, dave):
        client.force_login(reader)
        assert texts(client, room) == ["before", "among us", "after"]
        assert texts(client, room, after=1) == ["among us", "after"]


def test_what_all_could_read_stays_theirs(
    client: Client, room: Room, post: Post, alice: User, patron: User, noon: datetime
) -> None:
    restrict_to_subscribers(room=room, by=alice, now=noon, scope=Room.SubscribersOnly.WRITE)
    post(patron, "for all to read")
    lift_restriction(room=room, by=alice, now=noon)

    assert texts(client, room) == ["for all to read"]


def test_a_room_that_opens_keeps_what_was_said_in_it(
    client: Client, room: Room, post: Post, alice: User, noon: datetime
) -> None:
    for audience in (Audience.MODERATORS, Audience.SUBSCRIBERS, Audience.FOLLOWERS, Audience.EVERYONE):
        change_room(room=room, by=alice, changes={"read_by": audience}, now=noon)
        post(alice, f"for {audience}")

    assert texts(client, room) == ["for everyone"]
    client.force_login(alice)
    assert len(texts(client, room)) == 4


def test_a_moderators_room_isnt_opened_by_a_mode(room: Room, alice: User, noon: datetime) -> None:
    change_room(room=room, by=alice, changes={"read_by": Audience.MODERATORS}, now=noon)
    room = restrict_to_subscribers(room=room, by=alice, now=noon)

    assert room.readers_at(noon) == Audience.MODERATORS


def test_quotes_and_pins_dont_carry_it_out(
    client: Client, room: Room, post: Post, alice: User, patron: User, bob: User, noon: datetime
) -> None:
    room = restrict_to_subscribers(room=room, by=alice, now=noon)
    secret = post(patron, "among us")
    inside = post(patron, "an answer among us", reply_seq=secret.seq)
    pin_message(message=secret, by=alice, now=noon)
    assert inside.reply_to == secret
    room.refresh_from_db()
    assert describe_modes(room, noon)["pinned"]["text"] == "among us"
    room = lift_restriction(room=room, by=alice, now=noon)
    post(patron, "an answer for all", reply_seq=secret.seq)

    answer = client.get(f"/chat/rooms/{room.pk}/lines").json()["lines"]
    assert [line["reply"] for line in answer] == [{"seq": 1, "name": "", "text": "", "is_kept": True}]
    assert describe_modes(room, noon)["pinned"] is None
    assert b"among us" not in client.get("/@alice").content
    kept = history.last_lines(room, noon, Audience.SUBSCRIBERS)
    assert kept[1]["reply"] == {"seq": 1, "name": "carol", "text": "among us"}


def test_nobody_gets_it_by_reporting_it(
    room: Room, post: Post, alice: User, patron: User, bob: User, noon: datetime
) -> None:
    restrict_to_subscribers(room=room, by=alice, now=noon)
    secret = post(patron, "among us")
    lift_restriction(room=room, by=alice, now=noon)
    target = f"{room.pk}-{secret.seq}"

    with pytest.raises(NotThere):
        reports.find_target(bob, "message", target)
    assert reports.find_target(alice, "message", target).excerpt == "among us"


def test_a_hub_leaves_it_to_each_to_ask(room: Room, post: Post, alice: User, patron: User, noon: datetime) -> None:
    """It has many followers, and one text for all."""
    restrict_to_subscribers(room=room, by=alice, now=noon)
    post(patron, "among us")
    room = lift_restriction(room=room, by=alice, now=noon)
    post(patron, "for all")

    events = history.events_after(room, 0, noon, room.readers_at(noon))
    assert events[0] == {"type": "kept", "seq": 1}
    assert events[1]["text"] == "for all"
    room = restrict_to_subscribers(room=room, by=alice, now=noon)
    assert [one["type"] for one in history.events_after(room, 0, noon, room.readers_at(noon))] == ["line", "line"]


def test_a_delayed_line_comes_due_in_an_open_room(
    room: Room, post: Post, alice: User, patron: User, noon: datetime
) -> None:
    Room.objects.update(delay_s=4)
    restrict_to_subscribers(room=room, by=alice, now=noon)
    message = Message.objects.select_related("room").get(pk=post(patron, "among us").pk)
    lift_restriction(room=room, by=alice, now=noon)
    room.refresh_from_db()

    assert history.describe_shown(message, room.readers_at(noon)) == {"type": "kept", "seq": 1}
