"""Who may read, and who may write."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.actions import appoint
from accounts.models import Channel, ChannelRole, Follow, User
from chat import gates
from chat.actions import change_room, close_room, end_modes, lift_restriction, open_room, restrict_to_subscribers
from chat.errors import ChatError, OutOfBounds
from chat.models import Audience, Room
from chat.standing import standing_of
from monetization.subscriptions import grant

pytestmark = pytest.mark.django_db
Role = ChannelRole.Role
WHO = ("stranger", "user", "follower", "subscriber", "vip", "moderator", "editor", "owner", "admin")


@pytest.fixture
def people(alice: User, bob: User, erin: User, alice_channel: Channel, noon: datetime) -> dict[str, User | None]:
    made = {name: User.objects.create(username=name, email=f"{name}@example.com") for name in WHO[2:7]}
    for name in ("vip", "moderator", "editor"):
        appoint(channel=alice_channel, user=made[name], role=Role(name), by=alice, now=noon)
    Follow.objects.create(channel=alice_channel, user=made["follower"])
    Follow.objects.update(created_at=noon - timedelta(minutes=10))
    grant(user=made["subscriber"], channel=alice_channel, starts_at=noon)
    return {"stranger": None, "user": bob, **made, "owner": alice, "admin": erin}


def allowed(check: str, room: Room, people: dict[str, User | None], now: datetime) -> set[str]:
    room.refresh_from_db()
    inside = set()
    for who, person in people.items():
        try:
            getattr(gates, check)(room, standing_of(person or AnonymousUser(), room.channel, now), now)
        except ChatError:
            continue
        inside.add(who)
    return inside


ORDER = {"moderator", "editor", "owner", "admin"}
AUDIENCES = [
    (Audience.EVERYONE, 0, set(WHO)),
    (Audience.FOLLOWERS, 0, ORDER | {"vip", "follower"}),
    (Audience.FOLLOWERS, 10, ORDER | {"vip", "follower"}),
    (Audience.FOLLOWERS, 11, ORDER | {"vip"}),
    (Audience.SUBSCRIBERS, 0, ORDER | {"vip", "subscriber"}),
    (Audience.MODERATORS, 0, ORDER),
]


@pytest.mark.parametrize(("audience", "minutes", "inside"), AUDIENCES)
def test_reading_and_writing_are_two_settings(
    room: Room, people: dict[str, User | None], noon: datetime, audience: str, minutes: int, inside: set[str]
) -> None:
    Room.objects.update(read_by=audience, read_follow_min=minutes)
    assert allowed("check_may_read", room, people, noon) == inside
    assert allowed("check_may_write", room, people, noon) == inside - {"stranger"}

    Room.objects.update(read_by="everyone", write_by=audience, write_follow_min=minutes)
    assert allowed("check_may_read", room, people, noon) == set(WHO)
    assert allowed("check_may_write", room, people, noon) == inside - {"stranger"}


def test_one_click_makes_a_room_the_subscribers_and_one_gives_it_back(
    room: Room, people: dict[str, User | None], alice: User, noon: datetime
) -> None:
    change_room(room=room, by=alice, changes={"write_by": "followers", "slow_s": 5}, now=noon)
    before = allowed("check_may_write", room, people, noon)

    restrict_to_subscribers(room=room, by=alice, now=noon)
    for check in ("check_may_read", "check_may_write"):
        assert allowed(check, room, people, noon) == ORDER | {"vip"} | (
            {"subscriber"} if check.endswith("read") else set()
        )
    lift_restriction(room=room, by=alice, now=noon)

    room.refresh_from_db()
    assert (room.write_by, room.slow_s, room.subscribers_only) == ("followers", 5, "")
    assert allowed("check_may_write", room, people, noon) == before


@pytest.mark.parametrize(("later_s", "is_over"), [(59, False), (60, True), (61, True)])
def test_for_a_while_ends_by_itself(
    room: Room, people: dict[str, User | None], alice: User, noon: datetime, later_s: int, is_over: bool
) -> None:
    restrict_to_subscribers(room=room, by=alice, now=noon, minutes=1)
    later = noon + timedelta(seconds=later_s)

    assert ("user" in allowed("check_may_read", room, people, later)) is is_over
    assert end_modes(now=later) == is_over
    room.refresh_from_db()
    assert (room.subscribers_only == "") is is_over


@pytest.mark.parametrize("minutes", [0, -1, 7 * 24 * 60 + 1])
def test_a_while_has_bounds(room: Room, alice: User, noon: datetime, minutes: int) -> None:
    with pytest.raises(OutOfBounds):
        restrict_to_subscribers(room=room, by=alice, now=noon, minutes=minutes)


def test_rooms_are_bounded_named_apart_and_closed(room: Room, alice: User, alice_channel: Channel) -> None:
    for number in range(9):
        open_room(channel=alice_channel, by=alice, facts={"name": f"Room {number}"})
    with pytest.raises(OutOfBounds):
        open_room(channel=alice_channel, by=alice, facts={"name": "One more"})
    close_room(room=Room.objects.get(name="Room 3"), by=alice)
    with pytest.raises(OutOfBounds):
        open_room(channel=alice_channel, by=alice, facts={"name": "Room 4"})
    with pytest.raises(OutOfBounds):
        close_room(room=room, by=alice)
