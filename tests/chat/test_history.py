from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Channel, User
from chat import history
from chat.models import Audience, Message, Room
from tests.chat.conftest import Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(room: Room, bob: User, noon: datetime) -> list[Message]:
    """Sixty lines."""
    rows = [
        Message(room=room, seq=seq, author=bob, text=f"line {seq}", created_at=noon, shown_at=noon)
        for seq in range(1, 61)
    ]
    Room.objects.update(last_seq=60, delayed_until=noon)
    room.refresh_from_db()
    return Message.objects.bulk_create(rows)


@pytest.mark.usefixtures("lines")
def test_who_joins_sees_the_last_fifty(client: Client, room: Room) -> None:
    answer = client.get(f"/chat/rooms/{room.pk}/lines").json()

    assert [line["seq"] for line in answer["lines"]] == list(range(11, 61))
    assert answer["last_seq"] == 60
    assert client.get("/@alice").context["chat"]["lines"][0]["seq"] == 11


@pytest.mark.usefixtures("lines")
def test_who_missed_something_gets_that_and_what_is_gone(client: Client, room: Room, noon: datetime) -> None:
    Message.objects.filter(seq__in=(50, 57)).update(deleted_at=noon)

    answer = client.get(f"/chat/rooms/{room.pk}/lines?after=55").json()

    assert [line["seq"] for line in answer["lines"]] == [56, 58, 59, 60]
    assert answer["gone"] == [50]


@pytest.mark.usefixtures("lines")
def test_a_hub_gets_every_number(room: Room, noon: datetime) -> None:
    Message.objects.filter(seq__in=(50, 57)).update(deleted_at=noon)

    events = history.events_after(room, 55, noon)

    assert events[0] == {"type": "gone", "seqs": [50]}
    assert [(event["type"], event["seq"]) for event in events[1:]] == [
        ("line", 56),
        ("gone", 57),
        ("line", 58),
        ("line", 59),
        ("line", 60),
    ]


@pytest.mark.usefixtures("lines")
def test_what_is_not_due_is_not_shown(room: Room, noon: datetime) -> None:
    Message.objects.filter(seq__gt=58).update(shown_at=noon + timedelta(seconds=4))
    Room.objects.update(delayed_until=noon + timedelta(seconds=4))
    room.refresh_from_db()

    assert history.last_lines(room, noon)[-1]["seq"] == 58
    assert history.last_shown_seq(room, noon) == 58
    assert history.last_shown_seq(room, noon + timedelta(seconds=4)) == 60


def test_history_costs_the_same_however_long(
    room: Room, post: Post, alice: User, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    post(alice)
    for number in range(20):
        post(alice, f"answer {number}", reply_seq=1)

    with django_assert_max_num_queries(2):
        client.get(f"/chat/rooms/{room.pk}/lines")


def test_a_closed_room_gives_nothing(client: Client, room: Room, lines: list[Message], bob: User) -> None:
    Room.objects.update(read_by=Audience.SUBSCRIBERS)
    client.force_login(bob)

    answer = client.get(f"/chat/rooms/{room.pk}/lines")

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "subscribers_only"
    page = client.get("/@alice")
    assert page.context["chat"]["lines"] == []
    assert b"line 60" not in page.content


def test_rooms_of_suspended_channels_are_not_there(client: Client, room: Room, alice: User) -> None:
    Channel.objects.update(is_suspended=True)

    assert client.get(f"/chat/rooms/{room.pk}/lines").status_code == 404
    assert client.get("/chat/rooms/0/lines").status_code == 404
    client.force_login(alice)
    assert client.get(f"/chat/rooms/{room.pk}/lines").status_code == 200
