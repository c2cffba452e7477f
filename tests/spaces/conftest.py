"""Alice hosts an open Space: bob is a co-host, carol speaks, frank was removed; dave and gina have no part in it."""

import json
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Channel, User
from realtime import broker
from spaces import actions, orders, seating
from spaces.actions import Plan
from spaces.models import Part, Space
from tests.realtime.conftest import _empty_redis
from tests.sockets import OpenPage, StartWeb

__all__ = ["OpenPage", "StartWeb", "_empty_redis"]


@pytest.fixture
def frank(db: None) -> User:
    return User.objects.create(username="frank", email="frank@example.com")


@pytest.fixture
def gina(db: None) -> User:
    return User.objects.create(username="gina", email="gina@example.com")


@pytest.fixture
def space(alice: User, alice_channel: Channel, noon: datetime) -> Space:
    return actions.open_now(channel=alice_channel, host=alice, plan=Plan("Evening talk"), now=noon)


@pytest.fixture
def staged(space: Space, bob: User, carol: User, dave: User, frank: User, noon: datetime) -> Space:
    for user, role in ((bob, Part.Role.COHOST), (carol, Part.Role.SPEAKER)):
        Part.objects.create(space=space, user=user, role=role, on_stage_at=noon)
    Part.objects.create(space=space, user=frank, removed_at=noon)
    return space


def ordered() -> list[dict[str, Any]]:
    """What the conductor was told, and hasn't taken."""
    taken: Any = broker.client().lrange(orders.LIST, 0, -1)
    return [json.loads(one) for one in taken]


def sit(space: Space, user: User, now: datetime) -> seating.Seat:
    return seating.take(space.pk, user.pk, now.timestamp())
