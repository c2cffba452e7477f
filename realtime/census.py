"""Counting across processes: who follows a topic, how many sockets an account or address has.

Each process keeps its own figures and writes them to a hash a name, `{process: figure}`. Figures of a process that
hasn't said it lives for ten seconds don't count.
"""

import secrets
from collections.abc import Iterable
from typing import Any, cast

from realtime import broker

LAPSE_S = 10
# Longer than daphne lets any socket live.
_KEPT_S = 25 * 3600

_ALIVE = """
local now = tonumber(redis.call('time')[1])
local known = redis.call('zscore', KEYS[1], ARGV[1])
redis.call('zadd', KEYS[1], now, ARGV[1])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - tonumber(ARGV[2]))
return known and 1 or 0
"""
# The own figure first (none when it is empty), then the sum over those that live.
_COUNT = """
local floor = tonumber(redis.call('time')[1]) - tonumber(ARGV[2])
if ARGV[3] == '0' then redis.call('hdel', KEYS[2], ARGV[1])
elseif ARGV[3] ~= '' then
  redis.call('hset', KEYS[2], ARGV[1], ARGV[3])
  redis.call('expire', KEYS[2], ARGV[4])
end
local figures, total = redis.call('hgetall', KEYS[2]), 0
for at = 1, #figures, 2 do
  local seen = redis.call('zscore', KEYS[1], figures[at])
  if figures[at] == ARGV[1] or (seen and tonumber(seen) >= floor) then total = total + tonumber(figures[at + 1])
  else redis.call('hdel', KEYS[2], figures[at]) end
end
return total
"""
_PROCESSES = "processes"


def _count_arguments(process: str, name: str, figure: int | None) -> tuple[Any, ...]:
    keys = (broker.key_of(_PROCESSES), broker.key_of(f"count:{name}"))
    return (_COUNT, 2, *keys, process, LAPSE_S, "" if figure is None else figure, _KEPT_S)


def count(name: str) -> int:
    """How many there are of a name now, over all processes. Raises RedisError."""
    return int(cast(int, broker.client().eval(*_count_arguments("", name, None))))


def count_each(names: Iterable[str]) -> dict[str, int]:
    """The same for many names in one go."""
    asked = list(dict.fromkeys(names))
    with broker.client().pipeline(transaction=False) as pipeline:
        for name in asked:
            pipeline.eval(*_count_arguments("", name, None))
        return dict(zip(asked, map(int, pipeline.execute()), strict=True))


def living(within_s: int = LAPSE_S) -> list[str]:
    """The processes that have said lately that they live. Raises RedisError."""
    now = broker.client().time()[0]
    found = broker.client().zrangebyscore(broker.key_of(_PROCESSES), now - within_s, "+inf")
    return [process.decode() for process in cast(list[bytes], found)]


class Census:
    """This process's figures."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self.process = secrets.token_hex(8)
        self._figures: dict[str, int] = {}
        self._unsaid: set[str] = set()

    def add(self, name: str) -> int:
        """One more; answers this process's figure. Others hear of it at the next `tell`."""
        self._figures[name] = self._figures.get(name, 0) + 1
        self._unsaid.add(name)
        return self._figures[name]

    def remove(self, name: str) -> None:
        left = self._figures.get(name, 0) - 1
        if left > 0:
            self._figures[name] = left
        else:
            self._figures.pop(name, None)
        self._unsaid.add(name)

    async def total(self, name: str) -> int:
        """The sum over all processes, ours said first."""
        self._unsaid.discard(name)
        return int(await self._redis.eval(*_count_arguments(self.process, name, self._figures.get(name, 0))))

    async def tell(self, asked: Iterable[str]) -> dict[str, int]:
        """Say that we live and what has changed; answers the sums of what is asked."""
        if not await self._redis.eval(_ALIVE, 1, broker.key_of(_PROCESSES), self.process, LAPSE_S):
            # Redis lost what it knew, or took us for dead.
            self._unsaid |= set(self._figures)
        names = list(set(asked) | self._unsaid)
        self._unsaid = set()
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for name in names:
                    pipeline.eval(*_count_arguments(self.process, name, self._figures.get(name, 0)))
                return dict(zip(names, await pipeline.execute(), strict=True))
        except BaseException:
            self._unsaid |= set(names)
            raise

    def forget(self) -> None:
        """Take our figures out of the sums at once: the process ends. Blocking, and silent."""
        broker.client().zrem(broker.key_of(_PROCESSES), self.process)
