"""The way of events to open pages. Nothing carries them yet: pages ask for themselves."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction


def publish(topic: str, event: Mapping[str, Any]) -> None:
    """Send an event to whoever looks at a topic."""


def publish_on_commit(topic: str, event: Mapping[str, Any]) -> None:
    transaction.on_commit(lambda: publish(topic, event))


def close_sockets_of(user_id: int) -> None:
    """Cut every socket that a person has open."""
