"""Who watches right now, as the edge has seen their players.

A player on a page tells the edge every fifteen seconds, under its signed address, that it plays and how far behind
live it is (deploy/edge/lua/audience.lua). So only those are counted who may watch, and no page view costs the
application anything. Per media path Redis holds `watching:<path>` (players by when they were last seen) and
`latency:<path>` (the same players by their delay in milliseconds).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from redis import RedisError

from streaming import live_store

log = logging.getLogger(__name__)

SEEN_WITHIN_S = 40


@dataclass(frozen=True)
class Audience:
    """How many watch, and how far behind live they are: the median player and the slowest one in twenty."""

    viewers: int = 0
    latency_ms: int | None = None
    latency_p95_ms: int | None = None


def count_viewers(media_path: str, now: datetime) -> int:
    """How many watch now; none when Redis can't tell."""
    since = now.timestamp() - SEEN_WITHIN_S
    try:
        return int(live_store.client().zcount(f"watching:{media_path}", since, "+inf"))
    except RedisError:
        return 0


def read_audience(media_path: str, now: datetime) -> Audience:
    """Who watches now and with which delay. Forgets those who left. Raises RedisError."""
    client = live_store.client()
    watching, latency = f"watching:{media_path}", f"latency:{media_path}"
    gone = client.zrangebyscore(watching, "-inf", f"({now.timestamp() - SEEN_WITHIN_S}")
    assert isinstance(gone, list)
    if gone:
        client.zrem(watching, *gone)
        client.zrem(latency, *gone)
    viewers = int(client.zcard(watching))
    delays = int(client.zcard(latency))
    if not delays:
        return Audience(viewers)
    return Audience(viewers, _at(latency, delays // 2), _at(latency, delays * 95 // 100))


def _at(key: str, index: int) -> int | None:
    found = live_store.client().zrange(key, index, index, withscores=True)
    assert isinstance(found, list)
    return round(float(str(found[0][1]))) if found else None


def forget(media_paths: Sequence[str]) -> None:
    """Nobody watches there any more."""
    keys = [f"{kind}:{path}" for path in media_paths for kind in ("watching", "latency")]
    if keys:
        live_store.client().delete(*keys)
