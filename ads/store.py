"""What must be quick, in Redis: budgets, open offers, caps, and the stream of events that PostgreSQL is told of.

Each step is one script: it happens whole, or not at all. Redis may lose everything: budgets are set anew from
PostgreSQL, and what wasn't flushed yet is given away, never billed twice.
"""

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha1
from pathlib import Path
from typing import Any

import hiredis
import redis
from django.conf import settings

STREAM = "ads:events"
_SCRIPTS = Path(__file__).parent / "scripts"
_IDLE = 16


@cache
def client() -> redis.Redis:
    """One pool a process. Short time-outs: an ad is worth no wait."""
    return redis.Redis.from_url(
        settings.ENV.redis_url, socket_timeout=1, socket_connect_timeout=0.5, decode_responses=True
    )


@cache
def _script(name: str) -> tuple[str, str]:
    """A script, and what Redis knows it by."""
    text = f"{(_SCRIPTS / 'common.lua').read_text()}\n{(_SCRIPTS / f'{name}.lua').read_text()}"
    return text, sha1(text.encode(), usedforsecurity=False).hexdigest()


def _run(name: str, *args: str | int) -> Any:
    """Run a script. Should word of it get lost, it is run again: each of them may be."""
    text, known_by = _script(name)
    try:
        return _ask("EVALSHA", known_by, 0, *args)
    except redis.exceptions.NoScriptError:
        return _ask("EVAL", text, 0, *args)


def _ask(*command: str | int) -> Any:
    """One round trip on a connection that nobody else uses meanwhile. redis-py packs at a third of the speed."""
    # hiredis says that it takes tuples of one.
    packed = hiredis.pack_command(command)  # type: ignore[arg-type]
    pool, idle = client().connection_pool, _idle(client(), os.getpid())
    try:
        connection = idle.pop()
    except IndexError:
        connection = pool.connection_class(**pool.connection_kwargs)
    try:
        return _ask_on(connection, packed)
    finally:
        # One that failed is closed by now, and opens anew when it is used.
        idle.append(connection)


def _ask_on(connection: Any, packed: bytes) -> Any:
    try:
        connection.send_packed_command((packed,))
        return connection.read_response()
    except redis.ConnectionError:
        # Redis was away since the last time.
        connection.disconnect()
        connection.send_packed_command((packed,))
        return connection.read_response()


@lru_cache(maxsize=1)
def _idle(_of: redis.Redis, _process: int) -> deque[Any]:
    """This process's connections that nobody uses now; beyond so many the oldest is let go, and closes.

    redis-py's pool, retries and metrics cost more than the question itself, and a thread lives for one request.
    """
    return deque(maxlen=_IDLE)


def _day(at: datetime) -> str:
    """As `%Y%m%d`, which takes several times as long."""
    return f"{at.year}{at.month:02}{at.day:02}"


def to_ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offer is made on: the same for each of a line's offers in a place.

    `told` is what the scripts know by its order, with a space between two. `facts` is JSON, without its end.
    """

    told: str
    facts: str


def reserve(
    *,
    offer: str,
    terms: Terms,
    price: int,
    now: datetime,
    life_ms: int,
    allowed_today: int,
    keep_s: int,
    quiet_ms: int,
    cap_count: int,
    viewer: str,
    network: str,
) -> str:
    """ "ok", or what it fails on: "quiet", "cap", "budget" or "pace". Below zero `allowed_today` is no limit."""
    facts = f'{terms.facts},"network":"{network}"}}'
    limits: list[str | int] = [life_ms, allowed_today, _day(now), keep_s, quiet_ms, cap_count]
    answer: str = _run("reserve", offer, price, to_ms(now), *limits, viewer, network, terms.told, facts)
    return answer


def take(*, offer: str, event: str, now: datetime, viewer: str) -> tuple[str, int]:
    """What became of an event, and what it cost: "ok", "gone", "viewer", "told" or "early"."""
    status, billed = _run("event", offer, event, to_ms(now), _day(now), viewer)
    return str(status), int(billed)


def reap(now: datetime) -> int:
    """Give back what offers reserved that ran out."""
    count = 0
    while found := int(_run("reap", to_ms(now))):
        count += found
    return count


def set_limits(lines: Iterable[tuple[int, int, int]], advertisers: Iterable[tuple[int, int, int]]) -> None:
    """Budgets and balances with what is spent of them, in micro-units; what Redis counts already goes before."""
    pipeline = client().pipeline(transaction=False)
    for pk, budget, spent in lines:
        pipeline.hset(f"ads:line:{pk}", "budget", str(budget))
        pipeline.hsetnx(f"ads:line:{pk}", "spent", str(spent))
    for pk, limit, spent in advertisers:
        pipeline.hset(f"ads:adv:{pk}", "limit", str(limit))
        pipeline.hsetnx(f"ads:adv:{pk}", "spent", str(spent))
    pipeline.execute()


def freeze(advertiser: int) -> int:
    """Nothing more of this advertiser's is offered or billed, until a limit is set anew; what is still reserved."""
    key = f"ads:adv:{advertiser}"
    client().hset(key, "limit", "0")
    return int(client().hget(key, "reserved") or 0)


def give_back(line: int, advertiser: int, micros: int) -> None:
    """A charge was reversed: its advertiser may spend it again. What Redis has lost is set from PostgreSQL."""
    for key in (f"ads:line:{line}", f"ads:adv:{advertiser}"):
        if client().hexists(key, "spent"):
            client().hincrby(key, "spent", -micros)


def money_of(line: int) -> dict[str, int]:
    """What Redis has counted of a line."""
    found: Any = client().hgetall(f"ads:line:{line}")
    return {name: int(value) for name, value in found.items()}


def spent_by_line(lines: list[int]) -> dict[int, int]:
    """What each line has spent, of those that Redis knows."""
    pipeline = client().pipeline(transaction=False)
    for pk in lines:
        pipeline.hget(f"ads:line:{pk}", "spent")
    return {pk: int(spent) for pk, spent in zip(lines, pipeline.execute(), strict=True) if spent is not None}


def counts(keys: list[str]) -> list[int]:
    """What stands under these keys, 0 where nothing does."""
    found: Any = client().mget(keys) if keys else []
    return [int(one or 0) for one in found]


def texts(keys: list[str]) -> list[str | None]:
    """What stands under these keys, at one question."""
    found: Any = client().mget(keys) if keys else []
    return list(found)


def events_after(last_id: str, count: int) -> list[tuple[str, dict[str, str]]]:
    found: Any = client().xrange(STREAM, min=f"({last_id}", count=count)
    return list(found)


def forget_events(last_id: str) -> None:
    """They are in PostgreSQL."""
    client().xtrim(STREAM, minid=last_id, approximate=False)
