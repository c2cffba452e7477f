"""Lists cost as much with many rows as with few, and go on over pages."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Block, Channel, ChannelRole, Follow, Notification, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def fill_following(bob: User, number: int, now: datetime) -> None:
    owner = User.objects.create(username=f"owner{number}")
    Follow.objects.create(channel=Channel.objects.create(name=f"c{number}", owner=owner), user=bob)


def fill_notifications(bob: User, number: int, now: datetime) -> None:
    Notification.objects.create(user=bob, kind="warned", facts={"about": "x", "reason": "y"}, created_at=now)


def fill_blocks(bob: User, number: int, now: datetime) -> None:
    Block.objects.create(blocker=bob, blocked=User.objects.create(username=f"pest{number}"))


def fill_channels(bob: User, number: int, now: datetime) -> None:
    channel = Channel.objects.create(name=f"c{number}", owner=User.objects.create(username=f"owner{number}"))
    ChannelRole.objects.create(channel=channel, user=bob, role="moderator")


def fill_crew(bob: User, number: int, now: datetime) -> None:
    channel, _ = Channel.objects.get_or_create(name="barn", owner=bob)
    ChannelRole.objects.create(channel=channel, user=User.objects.create(username=f"mod{number}"), role="moderator")


LISTS = [
    ("/following/", fill_following),
    ("/notifications/", fill_notifications),
    ("/settings/blocks", fill_blocks),
    ("/studio/", fill_channels),
    ("/studio/barn/crew", fill_crew),
]


@pytest.mark.parametrize(("path", "fill"), LISTS, ids=[path for path, _ in LISTS])
def test_a_list_costs_the_same_however_long(
    client: Client, bob: User, noon: datetime, path: str, fill: Callable[[User, int, datetime], None]
) -> None:
    client.force_login(bob)
    fill(bob, 0, noon)
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(path)
    for number in range(1, 45):
        fill(bob, number, noon)

    with CaptureQueriesContext(connection) as many:
        page = client.get(path).content.decode()

    assert len(many) == len(few) <= 12
    assert "Page 1 of 2" in page
    assert "Page 2 of 2" in client.get(f"{path}?page=2").content.decode()
    assert client.get(f"{path}?page=nonsense").status_code == 200
