"""Hands, invitations, and what hosts do."""

import asyncio
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.actions import block
from accounts.models import AuditEntry, Channel, ChannelRole, Follow, User
from monetization.subscriptions import grant
from realtime import broker, census
from realtime.publishing import encode_event
from spaces import actions, hall, limits, seating, telling
from spaces.access import get_presence
from spaces.actions import Plan
from spaces.conductor import house
from spaces.errors import (
    FollowersOnly,
    NotLive,
    NotPlanned,
    NotThere,
    NotToThem,
    OneAtATime,
    Removed,
    SpaceError,
    StageFull,
    StageLocked,
    SubscribersOnly,
)
from spaces.models import Audience, Part, Space
from tests.spaces.conftest import ordered, sit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_house")]


def role_of(space: Space, user: User) -> str:
    return str(Part.objects.get(space=space, user=user).role)


def test_a_raised_hand_that_is_taken_is_on_stage(staged: Space, alice: User, dave: User, noon: datetime) -> None:
    actions.raise_hand(space=staged, user=dave, now=noon)
    actions.invite(space=staged, user=dave, by=alice, now=noon)

    assert role_of(staged, dave) == "speaker"
    assert AuditEntry.objects.filter(action="invited to stage", actor=alice).exists()


def test_whoever_didnt_ask_must_accept(staged: Space, alice: User, dave: User, noon: datetime) -> None:
    actions.invite(space=staged, user=dave, by=alice, now=noon)
    assert role_of(staged, dave) == "listener"

    actions.accept(space=staged, user=dave, now=noon)
    assert role_of(staged, dave) == "speaker"


def test_the_stage_has_ten_places_and_two_cohosts(staged: Space, alice: User, carol: User, noon: datetime) -> None:
    crowd = [User.objects.create(username=f"p{one}", email=f"p{one}@example.com") for one in range(10)]
    for user in crowd[:9]:
        actions.raise_hand(space=staged, user=user, now=noon)
        actions.invite(space=staged, user=user, by=alice, now=noon)
    actions.raise_hand(space=staged, user=crowd[9], now=noon)
    with pytest.raises(StageFull):
        actions.invite(space=staged, user=crowd[9], by=alice, now=noon)

    actions.set_cohost(space=staged, user=carol, is_cohost=True, by=alice)
    with pytest.raises(StageFull):
        actions.set_cohost(space=staged, user=crowd[0], is_cohost=True, by=alice)


def test_a_locked_stage_takes_no_hands(staged: Space, alice: User, dave: User, noon: datetime) -> None:
    actions.lock_stage(space=staged, is_locked=True, by=alice)

    with pytest.raises(StageLocked):
        actions.raise_hand(space=staged, user=dave, now=noon)


def test_the_silenced_are_silenced_in_janus(staged: Space, alice: User, carol: User) -> None:
    actions.silence(space=staged, user=carol, is_silenced=True, by=alice)

    assert house.read_stages()[str(staged.pk)].silenced == {carol.pk}
    assert [order["what"] for order in ordered()][-1] == "silence"


@pytest.mark.parametrize(
    ("by", "whom", "may"), [("bob", "carol", True), ("bob", "alice", False), ("alice", "bob", True)]
)
def test_cohosts_lead_speakers_and_hosts_everybody(staged: Space, by: str, whom: str, may: bool) -> None:
    leader, led = User.objects.get(username=by), User.objects.get(username=whom)
    if may:
        actions.move_down(space=staged, user=led, by=leader)
        assert role_of(staged, led) == "listener"
        assert ordered()[-1]["what"] == "off_stage"
    else:
        with pytest.raises(NotToThem):
            actions.move_down(space=staged, user=led, by=leader)


def test_a_space_is_handed_over_with_the_role(staged: Space, alice: User, carol: User) -> None:
    actions.hand_over(space=staged, user=carol, by=alice)

    staged.refresh_from_db()
    assert (staged.host, role_of(staged, carol), role_of(staged, alice)) == (carol, "host", "speaker")


def test_the_removed_stay_out_and_lose_their_seat(staged: Space, alice: User, carol: User, noon: datetime) -> None:
    seat = sit(staged, carol, noon)
    actions.remove_person(space=staged, user=carol, by=alice, now=noon)

    with pytest.raises(Removed):
        get_presence(carol, staged.pk, noon)
    assert seating.find(seat.token, noon.timestamp()) is None


def test_the_blocked_find_nothing(staged: Space, alice: User, dave: User, noon: datetime) -> None:
    block(user=alice, other=dave)

    with pytest.raises(NotThere):
        get_presence(dave, staged.pk, noon)


@pytest.mark.parametrize(
    ("audience", "refusal", "inside"),
    [
        (Audience.PUBLIC, SpaceError, {"dave", "gina", "frank2", "erin"}),
        (Audience.FOLLOWERS, FollowersOnly, {"gina", "erin"}),
        (Audience.SUBSCRIBERS, SubscribersOnly, {"frank2", "erin"}),
    ],
)
def test_the_audience_decides_who_listens(
    staged: Space,
    dave: User,
    gina: User,
    erin: User,
    noon: datetime,
    audience: str,
    refusal: type[SpaceError],
    inside: set[str],
) -> None:
    Space.objects.update(audience=audience)
    Follow.objects.create(channel=staged.channel, user=gina)
    subscriber = User.objects.create(username="frank2", email="frank2@example.com")
    grant(user=subscriber, channel=staged.channel, starts_at=noon)
    found = set()
    for user in (dave, gina, subscriber, erin):
        try:
            get_presence(user, staged.pk, noon)
            found.add(user.username)
        except refusal:
            continue

    assert found == inside


def test_seats_lapse_and_places_with_them(staged: Space, alice: User, carol: User, dave: User, noon: datetime) -> None:
    _web_lives()
    now_s = noon.timestamp()
    for user in (alice, carol, dave):
        sit(staged, user, noon)
    there, gone = seating.all_seats(now_s + seating.KEPT_S - 1)
    assert (len(there), len(gone)) == (3, 0)

    there, gone = seating.all_seats(now_s + seating.KEPT_S + 1)
    assert len(gone) == 3
    house.clear_seats(noon + timedelta(seconds=seating.KEPT_S + 1))

    assert role_of(staged, carol) == "listener"
    assert role_of(staged, alice) == "host"


@pytest.mark.parametrize(
    ("role", "how", "after", "back"),
    [
        ("speaker", "", timedelta(minutes=2), "speaker"),
        ("cohost", "", timedelta(minutes=2), "cohost"),
        ("speaker", "", timedelta(minutes=4), "listener"),
        ("speaker", "left", timedelta(minutes=2), "listener"),
        ("speaker", "silenced", timedelta(minutes=2), "listener"),
        ("speaker", "removed", timedelta(minutes=2), "listener"),
        ("speaker", "stage full", timedelta(minutes=2), "listener"),
        ("cohost", "no longer needed", timedelta(minutes=2), "speaker"),
    ],
)
def test_who_fell_silent_is_back_where_they_were(
    staged: Space, bob: User, carol: User, noon: datetime, role: str, how: str, after: timedelta, back: str
) -> None:
    _web_lives()
    Space.objects.update(audience=Audience.FOLLOWERS)
    user = bob if role == "cohost" else carol
    seat, gone_at = sit(staged, user, noon), noon + timedelta(seconds=seating.KEPT_S + 1)
    if how == "left":
        seating.leave(seat)
    Part.objects.filter(user=user).update(is_silenced=how == "silenced")
    house.clear_seats(gone_at)
    assert role_of(staged, user) == "listener"
    if how == "removed":
        actions.remove_person(space=staged, user=user, by=staged.host, now=gone_at)
    taken = {"stage full": Part.Role.SPEAKER, "no longer needed": Part.Role.COHOST}.get(how)
    for number in range({None: 0, Part.Role.COHOST: 2}.get(taken, 10)):
        other = User.objects.create(username=f"p{number}", email=f"p{number}@example.com")
        Part.objects.create(space=staged, user=other, role=taken or "")

    # Only for who is on the stage is there a way in without following.
    may_enter = how != "removed" and how not in ("left", "silenced") and after <= Part.RETURN
    try:
        get_presence(user, staged.pk, gone_at + after)
    except SpaceError:
        assert not may_enter
    else:
        assert may_enter
    assert actions.come_back(space=staged, user=user, now=gone_at + after).role == back
    assert not telling.describe_part(Part.objects.get(user=user))["is_dropped"]


def test_who_comes_back_within_the_grace_keeps_their_place(staged: Space, carol: User) -> None:
    _web_lives()
    old = sit(staged, carol, timezone.now() - timedelta(seconds=60))
    new = sit(staged, carol, timezone.now())
    there, gone = house.clear_seats(timezone.now())

    assert (gone, there) == ([old], [new])
    assert role_of(staged, carol) == "speaker"


def test_a_silence_of_web_is_no_ones_fault(staged: Space, bob: User, carol: User, noon: datetime) -> None:
    _web_is_away()
    for user in (bob, carol):
        sit(staged, user, noon)
    for silent_s in (7, 15, 59):
        now_s = noon.timestamp() + silent_s
        seating.forgive_silence(now_s)
        assert len(seating.all_seats(now_s)[0]) == 2

    # Web is back, and one of them.
    _web_lives()
    one = seating.all_seats(noon.timestamp())[0][0]
    for later_s in (60, 64, 68, 72):
        seating.renew(one, noon.timestamp() + later_s)
        seating.forgive_silence(noon.timestamp() + later_s)
    assert seating.all_seats(noon.timestamp() + 72)[0] == [one]


@pytest.mark.parametrize("late_s", [0, 5])
def test_a_silence_of_one_is_theirs(staged: Space, bob: User, carol: User, noon: datetime, late_s: int) -> None:
    """However late the other one is, while web says that it lives."""
    _web_lives()
    sit(staged, bob, noon)
    seat, now_s = sit(staged, carol, noon), noon.timestamp()
    for later_s in (4, 8 + late_s, 17):
        seating.forgive_silence(now_s + later_s)
        seating.renew(seat, now_s + later_s)

    assert seating.all_seats(now_s + 13)[0] == [seat]


def _web_is_away() -> None:
    """Of this test's own: another one's may have said a moment ago that it lives."""
    broker.client().delete(broker.key_of("processes"))


def _web_lives() -> None:
    async def tell() -> None:
        redis = broker.make_async_client()
        await census.Census(redis).tell([])
        await redis.aclose()

    asyncio.run(tell())


def test_what_the_database_didnt_take_is_done_the_next_time(
    staged: Space, carol: User, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    _web_lives()
    seat, gone_at = sit(staged, carol, noon), noon + timedelta(seconds=seating.KEPT_S + 1)

    def hiccup(**facts: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(house, "note_gone", hiccup)
        assert house.clear_seats(gone_at) == ([], [])
    assert role_of(staged, carol) == "speaker"
    assert house.clear_seats(gone_at) == ([], [seat])
    assert role_of(staged, carol) == "listener"


def test_who_has_no_page_any_more_has_no_place_either(
    staged: Space, alice: User, bob: User, carol: User, dave: User, noon: datetime
) -> None:
    """Who heard the composed stream had no seat to be cleared."""
    missed: house.Missed = {}
    place = hall.enter(staged.pk, noon.timestamp(), user=dave.pk)
    hall.enter(staged.pk, noon.timestamp(), user=carol.pk)
    actions.raise_hand(space=staged, user=dave, now=noon)
    sit(staged, bob, noon + timedelta(days=10_000))
    house.clear_absent(missed, noon)
    assert missed == {}

    gone_at = noon + timedelta(seconds=hall.KEPT_S)
    house.clear_absent(missed, gone_at)
    hall.enter(staged.pk, gone_at.timestamp() + house.ABSENT_S - 1, user=carol.pk)
    house.clear_absent(missed, gone_at + timedelta(seconds=house.ABSENT_S - 1))
    assert telling.describe_hands(staged)["hands"]
    # They come back for a moment.
    hall.renew(staged.pk, place, gone_at.timestamp(), user=dave.pk)
    house.clear_absent(missed, gone_at + timedelta(seconds=house.ABSENT_S))
    assert telling.describe_hands(staged)["hands"]

    later = gone_at + timedelta(seconds=hall.KEPT_S)
    for then in (later, later + timedelta(seconds=house.ABSENT_S)):
        house.clear_absent(missed, then)
    assert not telling.describe_hands(staged)["hands"]
    assert [role_of(staged, user) for user in (alice, bob, carol)] == ["host", "cohost", "speaker"]

    house.clear_absent(missed, later + timedelta(days=1))
    house.clear_absent(missed, later + timedelta(days=2))
    assert role_of(staged, carol) == "listener"


def test_all_hands_that_are_told_fit_into_an_event(staged: Space, alice: User, noon: datetime) -> None:
    for number in range(telling.MOST_HANDS + 5):
        name = f"{'p' * 29}{number:03}"
        user = User.objects.create(username=name, email=f"{name}@example.com", display_name="長" * 40)
        Part.objects.create(space=staged, user=user, hand_raised_at=noon, invited_at=noon)
    hands = telling.describe_hands(staged)

    assert len(hands["hands"]) == telling.MOST_HANDS
    encode_event(telling.crew_topic(staged.pk), {"type": "hands"} | hands)


@pytest.mark.parametrize(("user", "most"), [(7, limits.MOST_SEATS_OF_USER), (0, limits.MOST_SEATS_OF_ADDRESS)])
def test_nobody_takes_all_seats(staged: Space, noon: datetime, user: int, most: int) -> None:
    for _page in range(most):
        assert seating.count_of(user, "192.0.2.1") < most
        seating.take(staged.pk, user, noon.timestamp(), address="192.0.2.1")

    assert seating.count_of(user, "192.0.2.1") == most
    assert seating.count_of(user, "192.0.2.2") == (most if user else 0)
    assert seating.count_of(8, "192.0.2.1") == 0


def test_a_space_without_hosts_ends(staged: Space, alice: User, noon: datetime) -> None:
    actions.end_leaderless(seated={staged.pk: {alice.pk}}, now=noon)
    actions.end_leaderless(seated={}, now=noon + timedelta(minutes=1))
    actions.end_leaderless(seated={}, now=noon + timedelta(minutes=2, seconds=50))
    assert Space.objects.live().exists()

    actions.end_leaderless(seated={}, now=noon + timedelta(minutes=3, seconds=1))
    assert not Space.objects.live().exists()
    assert house.read_stages() == {}


def test_an_editor_who_is_dismissed_opens_nothing(
    alice: User, bob: User, alice_channel: Channel, noon: datetime
) -> None:
    role = ChannelRole.objects.create(channel=alice_channel, user=bob, role=ChannelRole.Role.EDITOR)
    planned = actions.plan(channel=alice_channel, host=bob, plan=Plan("Later", starts_at=noon), now=noon)
    role.delete()
    with pytest.raises(NotToThem):
        actions.open_planned(space=planned, by=bob, now=noon)
    with pytest.raises(NotToThem):
        actions.change(space=planned, plan=Plan("Mine"), by=bob, now=noon)

    ChannelRole.objects.create(channel=alice_channel, user=bob, role=ChannelRole.Role.EDITOR)
    Channel.objects.update(is_suspended=True)
    with pytest.raises(NotToThem):
        actions.open_planned(space=planned, by=bob, now=noon)
    Channel.objects.update(is_suspended=False)
    assert actions.open_planned(space=planned, by=bob, now=noon).is_live


def test_one_open_space_a_channel(space: Space, alice: User, alice_channel: Channel, noon: datetime) -> None:
    planned = actions.plan(channel=alice_channel, host=alice, plan=Plan("Later", starts_at=noon), now=noon)
    with pytest.raises(OneAtATime):
        actions.open_planned(space=planned, by=alice, now=noon)

    actions.end(space=space, by=alice, now=noon)
    actions.open_planned(space=planned, by=alice, now=noon)
    with pytest.raises(NotPlanned):
        actions.call_off(space=planned, by=alice, now=noon)
    with pytest.raises(NotLive):
        actions.raise_hand(space=space, user=alice, now=noon)
