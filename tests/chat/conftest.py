"""Alice's channel with its main room, and whoever else a test of the chat needs."""

import uuid
from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import Channel, User
from chat.actions import open_main_room, post_message
from chat.models import Message, Room
from tests.realtime.conftest import _empty_redis
from tests.sockets import OpenPage, StartWeb

__all__ = ["OpenPage", "StartWeb", "_empty_redis"]
Post = Callable[..., Message]


@pytest.fixture
def room(alice_channel: Channel) -> Room:
    return open_main_room(channel=alice_channel)


@pytest.fixture
def post(room: Room, noon: datetime) -> Post:
    """Say something in the main room, at noon unless told otherwise."""

    def say(author: User, text: str = "Hello", **facts: object) -> Message:
        given = {"room": room, "author": author, "text": text, "now": noon, "client_id": uuid.uuid4()} | facts
        return post_message(**given)  # type: ignore[arg-type]

    return say
