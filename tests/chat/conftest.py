"""Alice's channel with its main room, and whoever else a test of the chat needs."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Channel, User
from chat.actions import open_main_room, open_poll, post_message
from chat.models import Poll, Room
from tests.realtime.conftest import _empty_redis
from tests.sockets import OpenPage, StartWeb

__all__ = ["OpenPage", "StartWeb", "_empty_redis"]
# Answers what was written, or held.
Post = Callable[..., Any]
Ask = Callable[..., Poll]
ASKED: dict[str, Any] = {"question": "Tea or coffee?", "options": ["Tea", "Coffee", "Water"], "seconds": 60}


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


@pytest.fixture
def ask(room: Room, alice: User, noon: datetime) -> Ask:
    """Have alice ask the main room something at noon, tea or coffee unless told otherwise."""

    def open_one(**facts: Any) -> Poll:
        given: dict[str, Any] = ASKED | {"room": room, "by": alice, "now": noon} | facts
        return open_poll(**given)

    return open_one


def voters(count: int) -> list[User]:
    return [User.objects.create(username=f"voter{one}", email=f"{one}@example.com") for one in range(count)]
