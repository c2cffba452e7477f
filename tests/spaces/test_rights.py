"""Who may do what: every command of a Space, by everybody who might try it."""

import secrets

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from accounts.actions import block
from accounts.models import Channel, User
from realtime import commands, topics
from realtime.commands import Caller
from realtime.errors import CommandRefused, NotAllowed
from spaces import actions, limits, seating, telling
from spaces.actions import Plan
from spaces.errors import TooOften
from spaces.models import Part, Space
from tests.spaces.conftest import ordered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

WHO = ("stranger", "listener", "speaker", "cohost", "host", "banned", "blocked", "elsewhere")
SDP = "v=0\r\n"
OK = "ok"


def row(*answers: str) -> dict[str, str]:
    return dict(zip(WHO, answers, strict=True))


def all_but(refusal: str, **others: str) -> dict[str, str]:
    return {who: others.get(who, refusal) for who in WHO}


OUT = {"banned": "removed", "blocked": "not_there"}
LISTENING = all_but(OK, **OUT, elsewhere="seat_gone")
SPEAKING = all_but(OK, **OUT, stranger="speakers_only", listener="speakers_only", elsewhere="seat_gone")
LEADING = all_but("leaders_only", **OUT, stranger="not_logged_in", cohost=OK, host=OK)
HOSTING = all_but("host_only", blocked="not_there", stranger="not_logged_in", host=OK)
# `carol` speaks, `dave` listens with a hand up; {seat} is the caller's own.
TABLE: dict[str, tuple[dict[str, object], dict[str, str]]] = {
    "enter": ({}, all_but(OK, **OUT)),
    "here": ({}, LISTENING),
    "react": ({"reaction": "👏"}, LISTENING),
    "listen": ({}, LISTENING),
    "watch": ({}, LISTENING),
    "prefer": ({"large": [1]}, LISTENING),
    "answer": ({"to": "watch", "sdp": SDP}, LISTENING),
    "speak": ({"sdp": SDP, "muted": True}, SPEAKING),
    "mute": ({"muted": False}, SPEAKING),
    "show": ({"sdp": SDP}, SPEAKING),
    "hide": ({}, SPEAKING),
    "raise_hand": ({}, all_but(OK, **OUT, stranger="not_logged_in")),
    "lower_hand": ({}, all_but(OK, **OUT, stranger="not_logged_in")),
    "accept": ({}, all_but(OK, **OUT, stranger="not_logged_in", listener="not_invited", elsewhere="not_invited")),
    "decline": ({}, all_but(OK, **OUT, stranger="not_logged_in")),
    "step_down": (
        {},
        all_but(
            OK, **OUT, stranger="not_logged_in", listener="speakers_only", host="not_to_them", elsewhere="speakers_only"
        ),
    ),
    "invite": ({"user": "dave"}, LEADING),
    "dismiss": ({"user": "dave"}, LEADING),
    "silence": ({"user": "carol"}, LEADING),
    "move_down": ({"user": "carol"}, LEADING),
    "remove": ({"user": "carol"}, LEADING),
    "lock": ({}, LEADING),
    "cohost": ({"user": "carol"}, HOSTING),
    "hand_over": ({"user": "carol"}, HOSTING),
    "end": ({}, HOSTING),
    "relay": ({}, HOSTING),
    "record": ({}, HOSTING),
    "attend": ({}, all_but(OK, **OUT)),
    "depart": ({"token": "x"}, all_but(OK, **OUT)),
    "open": ({}, all_but("host_only", blocked="not_there", stranger="not_logged_in", host="not_planned")),
    # The seat is gone with it.
    "leave": ({}, LISTENING),
}


@pytest.fixture
def people(
    staged: Space, alice: User, bob: User, carol: User, dave: User, erin: User, frank: User, gina: User
) -> dict[str, User | AnonymousUser]:
    listener, speaker = (User.objects.create(username=name, email=f"{name}@example.com") for name in ("lena", "sam"))
    Part.objects.create(space=staged, user=speaker, role=Part.Role.SPEAKER, on_stage_at=timezone.now())
    actions.raise_hand(space=staged, user=dave, now=timezone.now())
    block(user=alice, other=gina)
    hank = User.objects.create(username="hank", email="hank@example.com")
    other = Channel.objects.create(name="hank", owner=hank)
    actions.open_now(channel=other, host=hank, plan=Plan("Elsewhere"), now=timezone.now())
    return {
        "stranger": AnonymousUser(),
        "listener": listener,
        "speaker": speaker,
        "cohost": bob,
        "host": alice,
        "banned": frank,
        "blocked": gina,
        "elsewhere": hank,
    }


@pytest.mark.parametrize("who", WHO)
def test_commands_are_for_whom_they_should(staged: Space, people: dict[str, User], carol: User, who: str) -> None:
    person = people[who]
    space = Space.objects.get(title="Elsewhere") if who == "elsewhere" else staged
    seat = seating.take(space.pk, person.pk or 0, timezone.now().timestamp())
    seat = seat if who != "elsewhere" else seating.take(staged.pk, carol.pk, timezone.now().timestamp())

    found = {
        name: answer_of(person, name, {"space": str(staged.pk), "seat": seat.token} | facts)
        for name, (facts, _) in TABLE.items()
    }

    assert found == {name: wanted[who] for name, (_, wanted) in TABLE.items()}


def test_every_command_is_in_the_table() -> None:
    """One that is new says for whom it is before it is anybody's."""
    assert {name.removeprefix("space.") for name in commands._handlers if name.startswith("space.")} == set(TABLE)


def answer_of(person: User | AnonymousUser, name: str, payload: dict[str, object]) -> str:
    """What a command answers; what it did is undone."""
    undo = transaction.savepoint()
    try:
        commands.run(Caller(person, "127.0.0.1"), f"space.{name}", payload)
    except CommandRefused as refusal:
        return refusal.code
    finally:
        transaction.savepoint_rollback(undo)
    return OK


TOPICS = {
    "room": all_but(OK, banned="no", blocked="no"),
    "crew": all_but("no", cohost=OK, host=OK),
    "mine": all_but(OK, stranger="no"),
    "seat": all_but(OK, elsewhere="no"),
}


def test_every_topic_is_in_the_table() -> None:
    assert {kind.removeprefix("space.") for kind in topics._kinds if kind.startswith("space.")} == set(TOPICS)


@pytest.mark.parametrize("who", WHO)
def test_topics_are_for_whom_they_should(staged: Space, people: dict[str, User], carol: User, who: str) -> None:
    person, now_s = people[who], timezone.now().timestamp()
    seat = seating.take(staged.pk, carol.pk if who == "elsewhere" else person.pk or 0, now_s)
    names = {
        "room": telling.room_topic(staged.pk),
        "crew": telling.crew_topic(staged.pk),
        "mine": telling.mine_topic(staged.pk, person.pk or 0),
        "seat": telling.seat_topic(seat.token),
    }

    assert {kind: follows(person, topic) for kind, topic in names.items()} == {
        kind: TOPICS[kind][who] for kind in names
    }


def follows(person: User | AnonymousUser, topic: str) -> str:
    try:
        topics.open_topic(person, topic)
    except NotAllowed:
        return "no"
    return OK


@pytest.mark.parametrize(
    "topic", ["space.mine.{hex}-{other}", "space.seat.{guess}", "space.room.{guess}", "space.crew."]
)
def test_what_is_others_cant_be_followed(staged: Space, bob: User, dave: User, topic: str) -> None:
    names = {"hex": staged.pk.hex, "other": bob.pk, "guess": secrets.token_hex(16)}

    assert follows(dave, topic.format(**names)) == "no"


@pytest.mark.parametrize(
    "payload",
    [
        {"space": None},
        {"space": 7},
        {"space": "x" * 36},
        {"user": True},
        {"user": 2**70},
        {"user": {"a": 1}},
        {"user": "nobody"},
        {"user": -1},
    ],
)
def test_nonsense_is_refused(staged: Space, alice: User, payload: dict[str, object]) -> None:
    facts = {"space": str(staged.pk), "user": 1} | payload

    assert answer_of(alice, "invite", facts) in ("not_there", "not_here")


@pytest.mark.parametrize(
    "facts",
    [
        *({"sdp": sdp} for sdp in (None, 7, "", "x", "v=0" + "x" * 20_000)),
        *({"sdp": SDP, "of": number} for number in (None, -1, 1.5, "1", True, 2**53)),
    ],
)
def test_an_offer_is_one_of_a_connection(staged: Space, carol: User, facts: dict[str, object]) -> None:
    seat = seating.take(staged.pk, carol.pk, timezone.now().timestamp())

    assert answer_of(carol, "speak", {"seat": seat.token} | facts) == "bad_payload"


def test_one_stranger_leaves_seats_to_others(staged: Space, dave: User) -> None:
    here, there = Caller(AnonymousUser(), "192.0.2.1"), Caller(AnonymousUser(), "192.0.2.2")
    payload = {"space": str(staged.pk)}
    for _page in range(limits.MOST_SEATS_OF_ADDRESS):
        commands.run(here, "space.enter", payload)
    with pytest.raises(TooOften):
        commands.run(here, "space.enter", payload)

    assert commands.run(there, "space.enter", payload)
    assert commands.run(Caller(dave, "192.0.2.1"), "space.enter", payload)


def attend(caller: Caller, space: Space, token: object = None) -> object:
    answer = commands.run(caller, "space.attend", {"space": str(space.pk), "token": token})
    return answer and answer["token"]


def test_the_conductor_is_told_of_the_first_listener_alone(staged: Space, dave: User) -> None:
    before = len(ordered())
    token = attend(Caller(dave, "192.0.2.1"), staged)
    attend(Caller(AnonymousUser(), "192.0.2.2"), staged)
    assert attend(Caller(dave, "192.0.2.1"), staged, token) is None

    assert [order["what"] for order in ordered()[before:]] == ["sync"]


@pytest.mark.parametrize("is_user", [True, False])
def test_nobody_takes_all_places_of_the_hall(staged: Space, bob: User, dave: User, is_user: bool) -> None:
    caller = Caller(dave if is_user else AnonymousUser(), "192.0.2.1")
    most = limits.MOST_SEATS_OF_USER if is_user else limits.MOST_SEATS_OF_ADDRESS
    tokens = [attend(caller, staged) for _page in range(most)]
    with pytest.raises(TooOften):
        attend(caller, staged)

    assert attend(caller, staged, tokens[0]) is None
    assert attend(Caller(bob, "192.0.2.1"), staged)
    commands.run(caller, "space.depart", {"space": str(staged.pk), "token": tokens[0]})
    assert attend(caller, staged)


def test_one_address_has_a_few_spaces_composed(staged: Space, bob: User, dave: User) -> None:
    hosts = [
        User.objects.create(username=f"host{number}", email=f"host{number}@example.com")
        for number in range(limits.MOST_COMPOSED_FOR_ADDRESS)
    ]
    for host in hosts:
        channel = Channel.objects.create(name=host.username, owner=host)
        space = actions.open_now(channel=channel, host=host, plan=Plan("Talk"), now=timezone.now())
        token = attend(Caller(dave, "192.0.2.1"), space)
        # It is composed for a minute longer.
        commands.run(Caller(dave, "192.0.2.1"), "space.depart", {"space": str(space.pk), "token": token})
    for caller in (Caller(dave, "192.0.2.1"), Caller(AnonymousUser(), "192.0.2.1")):
        with pytest.raises(TooOften):
            attend(caller, staged)
    # One of them again, and what is composed anyway.
    assert attend(Caller(dave, "192.0.2.1"), space)
    assert attend(Caller(bob, "192.0.2.2"), staged)
    assert attend(Caller(dave, "192.0.2.1"), staged)
