"""The chat beside a recording: in step with the time, for whoever may read the room and watch."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import limits
from accounts.following import follow
from accounts.models import Channel, User
from chat import replays
from chat.actions import ban_user, delete_message, hide_person, lift_restriction, restrict_to_subscribers
from chat.models import Audience, Message, Room
from chat.replay_views import PAGES_A_MINUTE
from monetization.subscriptions import grant
from streaming.models import Broadcast, Visibility
from streaming.recordings.models import Recording
from tests.chat.conftest import Post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


@pytest.fixture
def broadcast(alice_channel: Channel, noon: datetime) -> Broadcast:
    """An hour from noon, interrupted for ten minutes in the middle."""
    made = Broadcast.objects.create(
        channel=alice_channel,
        started_at=noon,
        ended_at=noon + timedelta(hours=1),
        state=Broadcast.State.ENDED,
    )
    for number, minute in enumerate((0, 35)):
        Recording.objects.create(
            broadcast=made,
            media_path=f"{number}{made.media_path[1:]}",
            key=f"{number}{made.media_path[1:]}",
            visibility=Visibility.PUBLIC,
            state=Recording.State.READY,
            started_at=noon + timedelta(minutes=minute),
            duration_s=25 * 60,
        )
    return made


@pytest.fixture
def lines(room: Room, bob: User, noon: datetime) -> list[Message]:
    """One each 15 s, from a minute before the broadcast to a minute after it."""
    rows = []
    for seq in range(1, 249):
        at = noon + timedelta(seconds=15 * (seq - 5))
        rows.append(Message(room=room, seq=seq, author=bob, text=f"line {seq}", created_at=at, shown_at=at))
    Room.objects.update(last_seq=248)
    return Message.objects.bulk_create(rows)


def at(noon: datetime, seconds: float) -> str:
    return f"at={round((noon + timedelta(seconds=seconds)).timestamp() * 1000)}"


def ask(client: Client, broadcast: Broadcast, query: str = "") -> dict[str, list[int]]:
    answer = client.get(f"/chat/broadcasts/{broadcast.pk}/lines?{query}").json()
    return {part: [line["seq"] for line in answer[part]] for part in ("earlier", "lines")} | {
        "more": answer["has_more"]
    }


@pytest.mark.usefixtures("lines")
def test_it_begins_with_the_broadcast_and_ends_with_it(client: Client, broadcast: Broadcast) -> None:
    seen: list[int] = []
    page = ask(client, broadcast)
    assert page["earlier"] == []
    while True:
        seen += page["lines"]
        if not page["more"]:
            break
        page = ask(client, broadcast, f"after={seen[-1]}")

    assert seen == list(range(5, 246))


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize(
    ("seconds", "earlier", "first"),
    [
        (-60, [], 5),
        (0, [], 5),
        (0.001, [5], 6),
        (300, range(5, 25), 25),
        (1800, range(75, 125), 125),
        (9999, range(196, 246), None),
    ],
)
def test_a_jump_shows_what_stood_there(
    client: Client, broadcast: Broadcast, noon: datetime, seconds: float, earlier: object, first: int | None
) -> None:
    page = ask(client, broadcast, at(noon, seconds))

    assert page["earlier"] == list(earlier)  # type: ignore[call-overload]
    assert page["lines"][:1] == ([first] if first else [])


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize("query", ["at=x", "at=-1", f"at={10**18}", "after=x", f"after={10**30}", "at=&after="])
def test_nonsense_is_no_error(client: Client, broadcast: Broadcast, query: str) -> None:
    assert client.get(f"/chat/broadcasts/{broadcast.pk}/lines?{query}").status_code == 200


def test_a_delayed_line_comes_when_it_was_shown(
    client: Client, broadcast: Broadcast, room: Room, post: Post, bob: User, noon: datetime
) -> None:
    Room.objects.update(delay_s=6)
    post(bob, "late", now=noon + timedelta(seconds=10))

    assert ask(client, broadcast, at(noon, 12))["lines"] == [1]
    assert ask(client, broadcast, at(noon, 17))["earlier"] == [1]


def test_what_is_gone_or_for_others_never_comes(
    client: Client, broadcast: Broadcast, room: Room, post: Post, alice: User, bob: User, carol: User, noon: datetime
) -> None:
    grant(user=carol, channel=room.channel, starts_at=noon - timedelta(days=1))
    delete_message(message=post(bob, "rude"), by=alice, now=noon)
    restrict_to_subscribers(room=room, by=alice, now=noon)
    post(carol, "among us", now=noon + timedelta(seconds=1))
    lift_restriction(room=room, by=alice, now=noon)
    post(bob, "well", now=noon + timedelta(seconds=2))

    assert ask(client, broadcast)["lines"] == [3]
    client.force_login(alice)
    assert ask(client, broadcast)["lines"] == [2, 3]


@pytest.mark.usefixtures("lines")
def test_it_is_for_those_who_may_read_the_room_and_watch(
    client: Client, broadcast: Broadcast, room: Room, alice: User, bob: User
) -> None:
    url, page = f"/chat/broadcasts/{broadcast.pk}/lines", f"/@alice/{broadcast.pk}"
    assert client.get(page).context["chat_replay"]["is_silent"] is False
    Room.objects.update(read_by=Audience.SUBSCRIBERS)
    assert client.get(url).status_code == 403
    assert b"This chat is for subscribers" in client.get(page).content
    Room.objects.update(read_by=Audience.EVERYONE)

    client.force_login(bob)
    ban_user(channel=room.channel, user=bob, by=alice, now=timezone.now())
    assert client.get(url).json()["error"]["code"] == "banned"
    client.logout()

    Broadcast.objects.update(visibility=Visibility.FOLLOWERS)
    assert client.get(url).status_code == 404
    assert "chat_replay" not in client.get(page).context
    Recording.objects.all().delete()
    Broadcast.objects.update(visibility=Visibility.PUBLIC)
    assert client.get(url).status_code == 404


@pytest.mark.usefixtures("lines")
def test_followers_see_it_beside_what_is_for_followers(
    client: Client, broadcast: Broadcast, carol: User, room: Room
) -> None:
    Broadcast.objects.update(visibility=Visibility.FOLLOWERS)
    follow(channel=room.channel, user=carol)
    client.force_login(carol)

    assert ask(client, broadcast)["lines"][0] == 5


def test_silence_is_said(
    client: Client, broadcast: Broadcast, room: Room, post: Post, bob: User, noon: datetime
) -> None:
    post(bob, "yesterday", now=noon - timedelta(days=1))

    assert b"Nobody said anything during this broadcast." in client.get(f"/@alice/{broadcast.pk}").content


def test_the_page_knows_whom_its_reader_hides(
    client: Client, broadcast: Broadcast, room: Room, bob: User, carol: User, noon: datetime
) -> None:
    hide_person(user=carol, channel=room.channel, person=bob, now=noon)
    client.force_login(carol)

    entry = client.get(f"/@alice/{broadcast.pk}").context["chat_replay"]["entry"]
    assert [one["name"] for one in entry["hidden"]] == ["bob"]


@pytest.mark.usefixtures("lines")
def test_a_page_costs_the_same_wherever_it_is(
    client: Client, broadcast: Broadcast, noon: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for query in (at(noon, 1), at(noon, 1800), "after=50"):
        with django_assert_max_num_queries(7):
            page = ask(client, broadcast, query)
        assert len(page["lines"]) <= replays.A_PAGE


@pytest.mark.usefixtures("lines")
def test_nobody_asks_without_end(client: Client, broadcast: Broadcast) -> None:
    url = f"/chat/broadcasts/{broadcast.pk}/lines?after=240"
    for _ in range(PAGES_A_MINUTE - 2):
        limits.count("chat-replay", "127.0.0.1", at_most=PAGES_A_MINUTE, within_s=60)

    assert [client.get(url).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get(url, REMOTE_ADDR="192.0.2.7").status_code == 200
