"""Alice's channel with its main room, and whoever else a test of the chat needs."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Channel, User
from chat.actions import open_main_room, post_message
from chat.models import Room
from tests.realtime.conftest import _empty_redis
from tests.sockets import OpenPage, StartWeb

__all__ = ["OpenPage", "StartWeb", "_empty_redis"]
# Answers what was written, or held.
Post = Callable[..., Any]


@pytest.fixture
def room(alice_channel: Channel) -> Room:
    return open_main_room(channel=alice_channel)


@pytest.fixture
def post(room: Room, noon: datetime) -> Post:
    """Say something in the main room, at noon unless told otherwise."""

    def say(author: User, text: str = "Hello", **facts: Any) -> Any:
        given: dict[str, Any] = {"room": room, "text": text, "now": noon, "client_id": uuid.uuid4()} | facts
        return post_message(author=author, **given)

    return say
