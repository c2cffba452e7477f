"""What the next conductor must know, in Redis: the session, rooms and handles. And who is the conductor."""

import asyncio
import json
import secrets
from typing import Any

from realtime import broker

_SESSION, _ROOMS, _PEERS, _LEASE = "spaces:session", "spaces:rooms", "spaces:peers", "spaces:conductor"
LEASE_MS = 3000
_RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0
"""
_GIVE_BACK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


class LeaseLost(Exception):
    """Another conductor is at work."""


class Memory:
    """Writes as things happen; reads once, at the start."""

    def __init__(self) -> None:
        self.redis = broker.make_async_client()
        self._name = secrets.token_hex(8)

    async def await_lease(self) -> None:
        """Until this is the one conductor."""
        while not await self.redis.set(_LEASE, self._name, nx=True, px=LEASE_MS):  # noqa: ASYNC110 it is in Redis
            await asyncio.sleep(LEASE_MS / 6000)

    async def hold_lease(self) -> None:
        """Stay it. Raises LeaseLost."""
        while True:
            await asyncio.sleep(LEASE_MS / 3000)
            if not await self.redis.eval(_RENEW, 1, _LEASE, self._name, LEASE_MS):
                raise LeaseLost

    async def give_back(self) -> None:
        """Let the next one start at once."""
        await self.redis.eval(_GIVE_BACK, 1, _LEASE, self._name)

    async def session(self) -> int | None:
        text = await self.redis.get(_SESSION)
        return int(text) if text else None

    async def note_session(self, session: int, *, is_new: bool) -> None:
        """With a new session all handles are gone."""
        await self.redis.set(_SESSION, session)
        if is_new:
            await self.redis.delete(_ROOMS, _PEERS)

    async def rooms(self) -> dict[str, dict[str, Any]]:
        return await self._read(_ROOMS)

    async def peers(self) -> dict[str, dict[str, Any]]:
        return await self._read(_PEERS)

    async def keep_room(self, space: str, facts: dict[str, Any] | None) -> None:
        await self._write(_ROOMS, space, facts)

    async def keep_peer(self, token: str, facts: dict[str, Any] | None) -> None:
        await self._write(_PEERS, token, facts)

    async def _read(self, name: str) -> dict[str, dict[str, Any]]:
        rows: dict[Any, Any] = await self.redis.hgetall(name)
        return {key.decode(): json.loads(text) for key, text in rows.items()}

    async def _write(self, name: str, key: str, facts: dict[str, Any] | None) -> None:
        if facts is None:
            await self.redis.hdel(name, key)
        else:
            await self.redis.hset(name, key, json.dumps(facts))
