"""Redis, as realtime uses it: one channel a topic, one for what all hubs must hear, keys below `realtime:`."""

from functools import cache
from urllib.parse import parse_qs, urlsplit

import redis
import redis.asyncio
from django.conf import settings

CONTROL = "control"
_PREFIX = "realtime"


@cache
def client() -> redis.Redis:
    """One pool a process. Short time-outs: what goes this way may be lost, and must not hold up a page."""
    return redis.Redis.from_url(settings.ENV.redis_url, socket_timeout=2, socket_connect_timeout=1)


def make_async_client() -> redis.asyncio.Redis:
    """A client for the event loop that makes it."""
    return redis.asyncio.Redis.from_url(settings.ENV.redis_url, socket_timeout=5, socket_connect_timeout=2)


def channel_of(name: str) -> str:
    """The Redis channel of a topic. Channels span databases, so the database's number is part of the name."""
    return f"{_PREFIX}:{_database()}:{name}"


def name_of(channel: bytes) -> str:
    """The topic of a Redis channel."""
    return channel.decode().split(":", 2)[2]


def key_of(name: str) -> str:
    return f"{_PREFIX}:{name}"


def _database() -> str:
    parts = urlsplit(settings.ENV.redis_url)
    return parse_qs(parts.query).get("db", [parts.path.strip("/") if parts.scheme != "unix" else "0"])[0] or "0"
