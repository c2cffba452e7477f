"""The Spaces of which a stream is composed: a compositor each, started anew when it ended by itself."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection

from spaces.conductor.composition import Composition, Show
from spaces.conductor.link import JanusError, Link
from spaces.conductor.rooms import Room

# Ingest may be away, or this machine too busy.
AGAIN_S = 2.0


class Compositions:
    """`ask_key(space, user)` has somebody's page send a key frame."""

    def __init__(self, link: Link, key: str, ask_key: Callable[[str, int], Awaitable[None]]) -> None:
        self._link, self._key, self._ask_key = link, key, ask_key
        self._all: dict[str, Composition] = {}
        self._started_at: dict[str, float] = {}
        # One is started or stopped at a time of a Space, those of others meanwhile.
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def see_to(self, room: Room, show: Show) -> None:
        """Have this Space composed, as shown. While it is being seen to that is all: it is called again soon."""
        lock = self._locks[room.space]
        if lock.locked():
            return
        async with lock:
            one = self._all.get(room.space)
            if one is not None and (not one.is_running or one.show.address != show.address):
                await self._stop(room.space)
                one = None
            if one is None:
                one = await self._start(room.space, show)
            if one is not None:
                one.rename(show)
                await one.see_to(room)

    async def follow(self, room: Room) -> None:
        """Somebody else speaks, or shows a picture: at once."""
        one = self._all.get(room.space)
        if one is not None and one.is_running:
            await one.see_to(room)

    async def _start(self, space: str, show: Show) -> Composition | None:
        if time.monotonic() - self._started_at.get(space, 0) < AGAIN_S:
            return None
        self._started_at[space] = time.monotonic()
        one = Composition(self._link, self._key, show, lambda user: self._ask_key(space, user))
        try:
            await one.start()
        except (JanusError, TimeoutError, OSError):
            await one.stop()
            raise
        self._all[space] = one
        return one

    async def forget_room(self, space: str) -> None:
        """What Janus sent to this Space's compositor it sends no more."""
        if space in self._all:
            await self._all[space].forget_room()

    def besides(self, kept: Collection[str]) -> list[str]:
        """Which Spaces are composed that aren't among these."""
        return [space for space in self._all if space not in kept]

    async def drop(self, space: str) -> None:
        async with self._locks[space]:
            await self._stop(space)

    async def _stop(self, space: str) -> None:
        one = self._all.pop(space, None)
        if one is not None:
            await one.stop()

    async def drop_all(self) -> None:
        await asyncio.gather(*map(self.drop, list(self._all)))
