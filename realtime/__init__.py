"""Telling pages at once: topics over sockets, and events that must not be missed.

A stand-in: events go to Redis and to the log, and nobody listens yet.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)


def publish(topic: str, event: Any) -> None:
    """Tell whoever follows a topic. May be lost."""
    facts: Mapping[str, Any] = asdict(event) if is_dataclass(event) and not isinstance(event, type) else event
    try:
        client = redis.Redis.from_url(settings.ENV.redis_url, socket_timeout=1, socket_connect_timeout=1)
        client.publish(f"topic:{topic}", json.dumps(facts))
    except redis.RedisError as error:
        log.warning("event on %s is lost: %s", topic, error)


def publish_on_commit(topic: str, event: Any) -> None:
    transaction.on_commit(lambda: publish(topic, event))
