"""An emptied Redis, and a broadcast of Alice's to follow."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from accounts.models import Channel
from realtime import broker
from streaming.models import Broadcast
from tests.sockets import OpenPage, StartWeb

__all__ = ["OpenPage", "StartWeb"]


@pytest.fixture(autouse=True)
def _empty_redis() -> Iterator[None]:
    broker.client().flushdb()
    yield
    broker.client().flushdb()


@pytest.fixture
def broadcast(transactional_db: None, alice_channel: Channel) -> Broadcast:
    return Broadcast.objects.create(channel=alice_channel, title="Alpine mornings", started_at=timezone.now())
