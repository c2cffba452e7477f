"""The Spaces that are also on their channel: one relay each, started anew when it ended by itself."""

import logging
import time

from spaces.conductor.link import JanusError, Link
from spaces.conductor.relay import Relay, Show
from spaces.conductor.rooms import Room

log = logging.getLogger(__name__)

# Another encoder may be on the channel, or ingest away.
AGAIN_S = 5.0


class Relays:
    def __init__(self, link: Link, key: str) -> None:
        self._link, self._key = link, key
        self._all: dict[str, Relay] = {}
        self._started_at: dict[str, float] = {}

    async def see_to(self, room: Room, show: Show | None) -> None:
        """Have this Space on its channel, as shown, or not."""
        relay = self._all.get(room.space)
        if relay is not None and (show is None or not relay.is_running or relay.show.address != show.address):
            await self.drop(room.space)
            relay = None
        if show is None:
            return
        if relay is None:
            await self._start(room, show)
        else:
            relay.show = show
            relay.draw()

    async def _start(self, room: Room, show: Show) -> None:
        if time.monotonic() - self._started_at.get(room.space, 0) < AGAIN_S:
            return
        self._started_at[room.space] = time.monotonic()
        relay = self._all[room.space] = Relay(self._link, room, self._key, show)
        try:
            await relay.start()
        except (JanusError, TimeoutError, OSError):
            # With an ffmpeg that nothing is sent to it would count as running.
            await self.drop(room.space)
            raise

    async def drop(self, space: str) -> None:
        relay = self._all.pop(space, None)
        if relay is not None:
            await relay.stop()

    async def drop_all(self) -> None:
        for space in list(self._all):
            await self.drop(space)
