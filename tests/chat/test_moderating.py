from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.actions import appoint
from accounts.models import AuditEntry, BlockedWord, Channel, ChannelRole, User
from chat import history
from chat.actions import (
    acknowledge_warnings,
    add_note,
    ban_user,
    clear_room,
    decide,
    delete_message,
    lift_sanctions,
    pin_message,
    time_out_user,
    warn_user,
)
from chat.errors import AlreadySo, Banned, NotAMessage, NotToThem, OutOfBounds, TimedOut, Warned, WordBlocked
from chat.models import HeldMessage, Message, Room, Sanction
from chat.showing import describe_modes
from tests.chat.conftest import Post

pytestmark = pytest.mark.django_db
Role = ChannelRole.Role


@pytest.fixture
def about_bob(room: Room, bob: User, carol: User, alice: User, noon: datetime) -> dict[str, Any]:
    """What a moderator's act about bob needs."""
    appoint(channel=room.channel, user=carol, role=Role.MODERATOR, by=alice, now=noon)
    return {"channel": room.channel, "user": bob, "by": carol, "now": noon}


def test_a_deleted_message_is_gone_and_the_log_says_by_whom(
    room: Room, post: Post, bob: User, carol: User, noon: datetime
) -> None:
    message = post(bob, "rude")
    post(bob, "kind")
    delete_message(message=message, by=carol, now=noon)
    delete_message(message=message, by=carol, now=noon)

    assert [line["text"] for line in history.last_lines(room, noon)] == ["kind"]
    entry = AuditEntry.objects.get(action="chat: deleted message")
    assert (entry.actor_name, entry.facts["text"]) == ("carol", "rude")


@pytest.mark.parametrize("seconds", [1, 600, 14 * 86400])
def test_a_timeout_holds_until_its_last_second(
    about_bob: dict[str, Any], post: Post, bob: User, noon: datetime, seconds: int
) -> None:
    time_out_user(**about_bob, length=timedelta(seconds=seconds), reason="caps")

    with pytest.raises(TimedOut) as refusal:
        post(bob, now=noon + timedelta(seconds=seconds - 0.5))
    assert refusal.value.facts == {"reason": "caps", "wait_s": 1}
    assert post(bob, now=noon + timedelta(seconds=seconds)).seq == 1


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=0.5), timedelta(days=14, seconds=1)])
def test_timeouts_have_bounds(about_bob: dict[str, Any], length: timedelta) -> None:
    with pytest.raises(OutOfBounds):
        time_out_user(**about_bob, length=length)


def test_who_is_sent_out_takes_along_what_they_said(
    about_bob: dict[str, Any], room: Room, post: Post, bob: User, alice: User, noon: datetime
) -> None:
    post(bob, "long ago", now=noon - timedelta(days=2))
    post(bob, "just now")
    post(alice, "well")
    time_out_user(**about_bob, length=timedelta(minutes=1))

    assert [line["text"] for line in history.last_lines(room, noon)] == ["long ago", "well"]


def test_a_banned_user_neither_reads_nor_writes_until_let_in(
    about_bob: dict[str, Any], room: Room, post: Post, bob: User, client: Client
) -> None:
    ban_user(**about_bob, reason="spam")
    client.force_login(bob)

    with pytest.raises(Banned):
        post(bob)
    assert client.get(f"/chat/rooms/{room.pk}/lines").status_code == 403
    with pytest.raises(AlreadySo):
        ban_user(**about_bob)
    lift_sanctions(**about_bob)
    assert post(bob).seq == 1
    with pytest.raises(AlreadySo):
        lift_sanctions(**about_bob)


def test_a_warning_is_read_before_one_writes_again(
    about_bob: dict[str, Any], post: Post, bob: User, noon: datetime
) -> None:
    warn_user(**about_bob, reason="Mind your words")
    with pytest.raises(Warned) as refusal:
        post(bob)
    assert refusal.value.facts["reason"] == "Mind your words"

    acknowledge_warnings(channel=about_bob["channel"], user=bob, now=noon)
    assert post(bob).seq == 1


def test_who_keeps_order_is_safe_from_equals(
    about_bob: dict[str, Any], alice: User, carol: User, dave: User, erin: User, noon: datetime
) -> None:
    channel = about_bob["channel"]
    appoint(channel=channel, user=dave, role=Role.MODERATOR, by=alice, now=noon)
    for by, user in ((carol, dave), (carol, alice), (carol, erin), (carol, carol), (alice, erin), (alice, alice)):
        with pytest.raises(NotToThem):
            ban_user(channel=channel, user=user, by=by, now=noon)

    ban_user(channel=channel, user=dave, by=alice, now=noon)
    ban_user(channel=channel, user=carol, by=erin, now=noon)
    assert Sanction.objects.count() == 2


def test_every_act_is_in_the_log(about_bob: dict[str, Any], room: Room, post: Post, bob: User, client: Client) -> None:
    carol, noon = about_bob["by"], about_bob["now"]
    message = post(bob)
    pin_message(message=message, by=carol, now=noon)
    time_out_user(**about_bob, length=timedelta(minutes=1))
    lift_sanctions(**about_bob)
    ban_user(**about_bob)
    add_note(**about_bob, text="Knows where the door is")
    clear_room(room=room, by=carol, now=noon)
    client.force_login(carol)

    did = [entry["did"] for entry in client.get(f"/chat/rooms/{room.pk}/log").json()["entries"]]
    assert did == ["cleared room", "noted", "ban", "lifted", "timeout", "pinned"]
    card = client.get(f"/chat/rooms/{room.pk}/card?user=BOB").json()
    assert [one["kind"] for one in card["sanctions"]] == ["ban", "timeout"]
    assert (card["notes"][0]["text"], card["messages"][0]["is_gone"]) == ("Knows where the door is", True)


def test_the_log_comes_in_pages(about_bob: dict[str, Any], room: Room, client: Client) -> None:
    for number in range(31):
        add_note(**about_bob, text=f"note {number}")
    client.force_login(about_bob["by"])

    first = client.get(f"/chat/rooms/{room.pk}/log").json()
    rest = client.get(f"/chat/rooms/{room.pk}/log?before={first['entries'][-1]['id']}").json()

    assert (len(first["entries"]), first["has_more"]) == (30, True)
    assert (len(rest["entries"]), rest["has_more"]) == (1, False)


@pytest.mark.parametrize(("later_min", "is_pinned"), [(4.9, True), (5, False)])
def test_a_pin_expires(room: Room, post: Post, alice: User, noon: datetime, later_min: float, is_pinned: bool) -> None:
    room = pin_message(message=post(alice, "Read this"), by=alice, now=noon, minutes=5)

    pinned = describe_modes(room, noon + timedelta(minutes=later_min))["pinned"]
    assert (pinned["text"] if pinned else None) == ("Read this" if is_pinned else None)


def test_what_is_gone_is_neither_pinned_nor_stays_so(room: Room, post: Post, alice: User, noon: datetime) -> None:
    message = post(alice)
    room = pin_message(message=message, by=alice, now=noon)
    delete_message(message=message, by=alice, now=noon)

    room.refresh_from_db()
    assert room.pinned is None
    with pytest.raises(NotAMessage):
        pin_message(message=message, by=alice, now=noon)


def test_clearing_takes_all_and_says_so(room: Room, post: Post, alice: User, bob: User, noon: datetime) -> None:
    for number in range(5):
        post(bob, f"line {number}")
    clear_room(room=room, by=alice, now=noon)

    assert [line["kind"] for line in history.last_lines(room, noon)] == ["cleared"]


@pytest.mark.parametrize(
    ("word", "is_pattern", "text", "is_refused"),
    [
        ("foo", False, "a FOO!", True),
        ("foo", False, "food", False),
        ("foo", False, "f\u200boo", True),
        ("foo", False, "fóò", True),
        ("foo", False, "ｆｏｏ", True),
        ("two words", False, "say two words now", True),
        ("a.c", False, "abc", False),
        ("бран", False, "БРАН", True),
        (r"fo+\b", True, "FOOOO", True),
        (r"(a+)+$", True, "b" * 100, False),
        (r"(x+x+)+y", True, "x" * 400, False),
    ],
)
def test_blocked_words(
    post: Post, bob: User, alice_channel: Channel, word: str, is_pattern: bool, text: str, is_refused: bool
) -> None:
    BlockedWord.objects.create(channel=alice_channel, text=word, is_pattern=is_pattern)
    if is_refused:
        with pytest.raises(WordBlocked):
            post(bob, text)
    else:
        assert post(bob, text).seq == 1


def test_the_house_blocks_words_on_every_channel_and_moderators_are_exempt(
    room: Room, post: Post, bob: User, alice: User
) -> None:
    BlockedWord.objects.create(text="foo")
    BlockedWord.objects.create(text="(", is_pattern=True)

    with pytest.raises(WordBlocked):
        post(bob, "foo")
    assert post(alice, "foo").seq == 1


def test_held_messages_wait_for_a_moderator(
    room: Room, post: Post, bob: User, alice: User, noon: datetime, client: Client
) -> None:
    BlockedWord.objects.create(channel=room.channel, text="maybe", is_held=True)
    held, refused = post(bob, "maybe this"), post(bob, "maybe that")
    assert isinstance(held, HeldMessage)
    assert not Message.objects.exists()
    client.force_login(alice)
    assert [one["text"] for one in client.get(f"/chat/rooms/{room.pk}/held").json()["held"]] == [
        "maybe this",
        "maybe that",
    ]

    shown = decide(held=held, is_allowed=True, by=alice, now=noon + timedelta(minutes=1))
    assert decide(held=refused, is_allowed=False, by=alice, now=noon) is None

    assert shown is not None
    assert (shown.seq, shown.text, shown.author) == (1, "maybe this", bob)
    assert client.get(f"/chat/rooms/{room.pk}/held").json()["held"] == []
    with pytest.raises(AlreadySo):
        decide(held=held, is_allowed=False, by=alice, now=noon)


@pytest.mark.parametrize("what", ["card?user=bob", "log", "held"])
def test_what_moderators_see_is_there_for_nobody_else(
    about_bob: dict[str, Any], room: Room, client: Client, what: str
) -> None:
    client.force_login(about_bob["user"])
    assert client.get(f"/chat/rooms/{room.pk}/{what}").status_code == 404
    client.force_login(about_bob["by"])
    assert client.get(f"/chat/rooms/{room.pk}/{what}").status_code == 200
