"""Saying something to every socket on a topic, from anywhere: pages, tasks, commands.

Nothing here is kept: who isn't listening misses it, and reads the truth when they come.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import redis
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from realtime import broker

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Event = Mapping[str, Any] | DataclassInstance

log = logging.getLogger(__name__)

LARGEST_EVENT = 12 * 1024


def encode_event(topic: str, event: "Event") -> bytes:
    """An event as sockets get it: its fields, its `type` and the topic. Raises ValueError above 12 kB.

    A dataclass says its type as a class attribute or field of that name.
    """
    facts: dict[str, Any] = dict(event) if isinstance(event, Mapping) else _fields_of(event)
    if not isinstance(facts.get("type"), str):
        raise ValueError(f"an event on {topic} has no type")
    text = json.dumps({"topic": topic} | facts, cls=DjangoJSONEncoder, separators=(",", ":"), ensure_ascii=False)
    encoded = text.encode()
    if len(encoded) > LARGEST_EVENT:
        raise ValueError(f"an event on {topic} has {len(encoded)} bytes, at most {LARGEST_EVENT} are sent")
    return encoded


def _fields_of(event: "DataclassInstance") -> dict[str, Any]:
    assert is_dataclass(event), event
    return {"type": getattr(event, "type", None)} | asdict(event)


def publish(topic: str, event: "Event") -> None:
    """Send an event to whoever follows the topic now. A Redis that is away is no error."""
    _tell(topic, encode_event(topic, event))


def publish_on_commit(topic: str, event: "Event") -> None:
    """Send an event when the transaction that makes it true is committed."""
    encoded = encode_event(topic, event)
    transaction.on_commit(lambda: _tell(topic, encoded))


def close_sockets_of(user_id: int) -> None:
    """Close a user's sockets, once the transaction is committed; who may come back does so by themselves.

    For log-out, a new password and suspension. Hubs find all three by themselves a few seconds later.
    """
    transaction.on_commit(lambda: _tell(broker.CONTROL, json.dumps({"close": user_id}).encode()))


def recheck_on_commit(topic: str, user_id: int | None = None) -> None:
    """Ask anew whether each follower of a topic, or one user, may follow it; part it from those who may not."""
    order = {"recheck": topic} | ({} if user_id is None else {"user": user_id})
    transaction.on_commit(lambda: _tell(broker.CONTROL, json.dumps(order).encode()))


def _tell(name: str, message: bytes) -> None:
    try:
        broker.client().publish(broker.channel_of(name), message)
    except redis.RedisError as error:
        log.warning("not sent on %s: %s", name, error)
