from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from chat import slash
from chat.errors import ChatError, ModeratorsAlone
from chat.models import Room, Sanction
from chat.standing import standing_of

pytestmark = pytest.mark.django_db


def type_in(room: Room, by: User, text: str, now: datetime) -> str:
    room.refresh_from_db()
    return slash.run(text, slash.Context(by, room, standing_of(by, room.channel, now), now))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("/slow", "slow_s", 30),
        ("/slow 3", "slow_s", 3),
        ("/SLOW 2m", "slow_s", 120),
        ("/slow off", "slow_s", 0),
        ("/followers", "followers_only_min", 0),
        ("/followers 10m", "followers_only_min", 10),
        ("/followers 90d", "followers_only_min", 129_600),
        ("/followers off", "followers_only_min", None),
        ("/subscribers", "subscribers_only", "all"),
        ("/subscribers 30m", "subscribers_only", "all"),
        ("/subscribers write 1h", "subscribers_only", "write"),
        ("/subscribers off", "subscribers_only", ""),
        ("/emoteonly", "is_emote_only", True),
        ("/emoteonly off", "is_emote_only", False),
        ("/unique", "is_unique", True),
        ("/shield", "is_raid_defended", True),
        ("/delay 4", "delay_s", 4),
        ("/links moderators", "links", "moderators"),
    ],
)
def test_modes_are_typed(room: Room, alice: User, noon: datetime, text: str, field: str, value: Any) -> None:
    assert type_in(room, alice, text, noon)

    room.refresh_from_db()
    assert getattr(room, field) == value


@pytest.mark.usefixtures("bob")
@pytest.mark.parametrize(
    ("text", "kind", "seconds"),
    [
        ("/timeout bob", "timeout", 600),
        ("/timeout @bob 10m too loud", "timeout", 600),
        ("/timeout BOB 14d", "timeout", 14 * 86400),
        ("/timeout bob 1", "timeout", 1),
        ("/ban bob spam", "ban", None),
        ("/warn bob mind your words", "warning", None),
    ],
)
def test_people_are_named(room: Room, alice: User, noon: datetime, text: str, kind: str, seconds: int | None) -> None:
    type_in(room, alice, text, noon)

    row = Sanction.objects.get(user__username="bob", kind=kind)
    assert ((row.until - noon).total_seconds() if row.until else None) == seconds


@pytest.mark.usefixtures("bob")
@pytest.mark.parametrize(
    "text",
    [
        "/nothing",
        "/slow x",
        "/slow 2",
        "/slow 121",
        "/followers 91d",
        "/subscribers 8d",
        "/delay 3",
        "/links nobody",
        "/timeout",
        "/timeout nobody 10m",
        "/timeout bob 15d",
        "/timeout bob 0",
        "/warn bob",
        "/unban bob",
        "/ban alice",
    ],
)
def test_what_makes_no_sense_is_explained(room: Room, alice: User, noon: datetime, text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        type_in(room, alice, text, noon)
    assert str(refusal.value.message)


def test_viewers_have_no_power(room: Room, bob: User, alice: User, noon: datetime) -> None:
    assert type_in(room, bob, "/help", noon) == "/help"
    assert "/timeout name [10m] [reason]" in type_in(room, alice, "/help", noon)
    for text in ("/slow 30", "/ban alice", "/clear", "/subscribers"):
        with pytest.raises(ModeratorsAlone):
            type_in(room, bob, text, noon)


@pytest.mark.parametrize(
    ("text", "is_command"), [("/slow", True), (" /Help x", True), ("//", False), ("/ 7", False), ("a/b", False)]
)
def test_not_every_slash_is_a_command(text: str, is_command: bool) -> None:
    assert slash.is_command(text) is is_command
