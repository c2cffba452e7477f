"""Each limit at, below and above its bound."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.actions import appoint
from accounts.models import Channel, ChannelRole, Follow, User
from chat import history
from chat.actions import change_room, open_room, restrict_to_subscribers
from chat.errors import (
    ChatError,
    EmotesOnly,
    FollowedTooShortly,
    FollowersOnly,
    LinksRefused,
    OutOfBounds,
    RateLimited,
    SaidBefore,
    SlowModeActive,
    SubscribersOnly,
)
from chat.models import Message, Room
from monetization.subscriptions import grant
from tests.chat.conftest import Post

pytestmark = pytest.mark.django_db
Role = ChannelRole.Role


@pytest.fixture
def set_modes(room: Room, alice: User, noon: datetime) -> Any:
    def change(**changes: Any) -> Room:
        return change_room(room=room, by=alice, changes=changes, now=noon)

    return change


def follow_since(user: User, channel: Channel, since: datetime) -> None:
    Follow.objects.create(user=user, channel=channel)
    Follow.objects.filter(user=user).update(created_at=since)


@pytest.mark.parametrize(("seconds", "is_allowed"), [(0, True), (2, False), (3, True), (120, True), (121, False)])
def test_slow_mode_has_bounds(set_modes: Any, seconds: int, is_allowed: bool) -> None:
    if is_allowed:
        assert set_modes(slow_s=seconds).slow_s == seconds
    else:
        with pytest.raises(OutOfBounds):
            set_modes(slow_s=seconds)


@pytest.mark.parametrize("minutes", [None, 0, 1, 129_600])
def test_followers_only_within_bounds(set_modes: Any, minutes: int | None) -> None:
    assert set_modes(followers_only_min=minutes).followers_only_min == minutes


@pytest.mark.parametrize("minutes", [-1, 129_601, "many"])
def test_followers_only_beyond_bounds(set_modes: Any, minutes: object) -> None:
    with pytest.raises(OutOfBounds):
        set_modes(followers_only_min=minutes)


@pytest.mark.parametrize(
    ("seconds", "is_allowed"), [(0, True), (2, True), (3, False), (4, True), (6, True), (8, False)]
)
def test_the_delay_is_one_of_four(set_modes: Any, seconds: int, is_allowed: bool) -> None:
    if is_allowed:
        assert set_modes(delay_s=seconds).delay_s == seconds
    else:
        with pytest.raises(OutOfBounds):
            set_modes(delay_s=seconds)


@pytest.mark.parametrize(("after_s", "wait_s"), [(0.0, 30), (29.2, 1), (30.0, None), (31.0, None)])
def test_slow_mode_says_when_one_may_write_again(
    set_modes: Any, post: Post, bob: User, noon: datetime, after_s: float, wait_s: int | None
) -> None:
    set_modes(slow_s=30)
    post(bob, "first")
    later = noon + timedelta(seconds=after_s)
    if wait_s is None:
        assert post(bob, "second", now=later).seq == 2
    else:
        with pytest.raises(SlowModeActive) as refusal:
            post(bob, "second", now=later)
        assert refusal.value.facts["wait_s"] == wait_s


def test_the_exempt_are_not_slowed(
    set_modes: Any, post: Post, alice: User, carol: User, dave: User, alice_channel: Channel, noon: datetime
) -> None:
    appoint(channel=alice_channel, user=carol, role=Role.MODERATOR, by=alice, now=noon)
    appoint(channel=alice_channel, user=dave, role=Role.VIP, by=alice, now=noon)
    set_modes(slow_s=120, is_emote_only=True, is_unique=True, followers_only_min=60, links="moderators")
    for author in (alice, carol, dave):
        post(author, "the same https://example.com")
        post(author, "the same https://example.com")

    assert Message.objects.count() == 6


@pytest.mark.parametrize("most", [20])
def test_twenty_messages_in_thirty_seconds(post: Post, bob: User, noon: datetime, most: int) -> None:
    for number in range(most):
        post(bob, f"line {number}", now=noon + timedelta(seconds=number / 10))
    with pytest.raises(RateLimited) as refusal:
        post(bob, "one more", now=noon + timedelta(seconds=29.9))
    assert refusal.value.facts["wait_s"] == 1

    assert post(bob, "one more", now=noon + timedelta(seconds=30)).seq == most + 1


def test_a_moderator_has_a_hundred(post: Post, alice: User, noon: datetime) -> None:
    for number in range(100):
        post(alice, f"line {number}")
    with pytest.raises(RateLimited):
        post(alice, "one more", now=noon + timedelta(seconds=29))


def test_the_rate_counts_over_all_rooms_of_a_channel(
    post: Post, alice: User, bob: User, alice_channel: Channel
) -> None:
    side = open_room(channel=alice_channel, by=alice, facts={"name": "Side"})
    for number in range(20):
        post(bob, f"line {number}", **({"room": side} if number % 2 else {}))

    with pytest.raises(RateLimited):
        post(bob, "one more")


@pytest.mark.parametrize(
    ("followed_min", "refusal"), [(None, FollowersOnly), (9.99, FollowedTooShortly), (10, None), (11, None)]
)
def test_followers_only(
    set_modes: Any, post: Post, bob: User, alice_channel: Channel, noon: datetime, followed_min: float, refusal: Any
) -> None:
    set_modes(followers_only_min=10)
    if followed_min is not None:
        follow_since(bob, alice_channel, noon - timedelta(minutes=followed_min))
    if refusal is None:
        assert post(bob).seq == 1
    else:
        with pytest.raises(refusal):
            post(bob)


@pytest.mark.parametrize(("ends_after_s", "is_in"), [(-1, False), (0, False), (1, True), (None, True)])
def test_subscribers_only(
    room: Room, post: Post, alice: User, bob: User, noon: datetime, ends_after_s: int | None, is_in: bool
) -> None:
    ends_at = None if ends_after_s is None else noon + timedelta(seconds=ends_after_s)
    grant(user=bob, channel=room.channel, starts_at=noon - timedelta(days=3), ends_at=ends_at)
    restrict_to_subscribers(room=room, by=alice, now=noon)
    if is_in:
        assert post(bob).badges == [{"kind": "founder", "months": 1}]
    else:
        with pytest.raises(SubscribersOnly):
            post(bob)


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("😀", True),
        ("👩\u200d💻 👍🏽 ❤\ufe0f", True),
        ("🇨🇭 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", True),
        ("1\ufe0f\u20e3", True),
        ("1", False),
        ("😀 ok", False),
        ("hello", False),
    ],
)
def test_emotes_only(set_modes: Any, post: Post, bob: User, text: str, is_allowed: bool) -> None:
    set_modes(is_emote_only=True)
    if is_allowed:
        assert post(bob, text).text == text
    else:
        with pytest.raises(EmotesOnly):
            post(bob, text)


@pytest.mark.parametrize("again", ["Hello there", "hello  THERE!", "héllo thére", "hello-there"])
def test_unique_refuses_what_reads_the_same(
    set_modes: Any, post: Post, bob: User, dave: User, noon: datetime, again: str
) -> None:
    set_modes(is_unique=True)
    post(bob, "Hello there")
    post(dave, "Hello where")

    with pytest.raises(SaidBefore):
        post(dave, again, now=noon + timedelta(seconds=599))
    assert post(dave, again, now=noon + timedelta(seconds=600)).seq == 3


@pytest.mark.parametrize(
    ("text", "is_link"),
    [
        ("see https://example.com", True),
        ("HTTP://EXAMPLE.COM/x", True),
        ("www.example.com", True),
        ("go to example.com now", True),
        ("example.co.uk/path", True),
        ("steam://run/1", True),
        ("it costs 3.50 today", False),
        ("well... fine.", False),
        ("me@example.com", True),
        ("e.g. this", False),
    ],
)
def test_links_are_recognised(set_modes: Any, post: Post, bob: User, text: str, is_link: bool) -> None:
    set_modes(links="moderators")
    if is_link:
        with pytest.raises(LinksRefused):
            post(bob, text)
    else:
        assert post(bob, text).seq == 1


def test_links_from_subscribers(set_modes: Any, post: Post, bob: User, dave: User, room: Room, noon: datetime) -> None:
    set_modes(links="subscribers")
    grant(user=bob, channel=room.channel, starts_at=noon)

    assert post(bob, "https://example.com").seq == 1
    with pytest.raises(LinksRefused):
        post(dave, "https://example.com")


def test_raid_defence_is_one_switch(set_modes: Any, post: Post, bob: User, room: Room, noon: datetime) -> None:
    set_modes(slow_s=5, is_raid_defended=True)
    follow_since(bob, room.channel, noon - timedelta(minutes=9))
    with pytest.raises(FollowedTooShortly):
        post(bob)
    Follow.objects.update(created_at=noon - timedelta(minutes=10))
    post(bob)
    with pytest.raises(SlowModeActive) as refusal:
        post(bob, "again")
    assert refusal.value.facts["wait_s"] == 10
    with pytest.raises(SaidBefore):
        post(bob, "Hello", now=noon + timedelta(seconds=11))

    back = set_modes(is_raid_defended=False)
    assert (back.slow_now_s, back.followers_only_now_min, back.is_unique_now) == (5, None, False)


def test_a_delayed_line_is_pending_and_keeps_its_place(
    set_modes: Any, post: Post, bob: User, alice: User, noon: datetime
) -> None:
    set_modes(delay_s=4)
    first = post(bob)
    set_modes(delay_s=0)
    second = post(alice, now=noon + timedelta(seconds=1))

    assert first.shown_at == second.shown_at == noon + timedelta(seconds=4)
    assert post(bob, now=noon + timedelta(seconds=9)).shown_at == noon + timedelta(seconds=9)


def test_refusals_leave_no_hole(set_modes: Any, post: Post, bob: User, alice: User) -> None:
    set_modes(slow_s=60)
    post(bob)
    with pytest.raises(ChatError):
        post(bob, "again")

    assert post(alice).seq == 2


def test_clocks_that_differ_delay_nothing(post: Post, room: Room, bob: User, alice: User, noon: datetime) -> None:
    """Two machines write at once, and the one that is behind comes second."""
    post(bob, now=noon)
    second = post(alice, now=noon - timedelta(milliseconds=300))

    assert second.shown_at == second.created_at
    assert len(history.last_lines(room, noon - timedelta(seconds=1))) == 2
