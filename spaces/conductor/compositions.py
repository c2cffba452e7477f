"""The Spaces of which a stream is composed: a compositor each, started anew when it ended by itself."""

import time
from collections.abc import Awaitable, Callable

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

    async def see_to(self, room: Room, show: Show | None) -> None:
        """Have this Space composed, as shown, or not."""
        one = self._all.get(room.space)
        if one is not None and (show is None or not one.is_running or one.show.address != show.address):
            await self.drop(room.space)
            one = None
        if show is None:
            return
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

    async def drop(self, space: str) -> None:
        one = self._all.pop(space, None)
        if one is not None:
            await one.stop()

    async def drop_all(self) -> None:
        for space in list(self._all):
            await self.drop(space)
