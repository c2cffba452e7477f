"""One topic as one process knows it: who follows it here, and what is on its way to them."""

import asyncio
import time
from typing import Protocol

from realtime.numbering import Numbering, Sequence
from realtime.wire import encode_frames

GATHERED_S = 0.1
_AT_A_TIME = 100
_MOST_HELD = 256


class Follower(Protocol):
    """What a room asks of a socket."""

    def write(self, frame: bytes) -> None: ...

    def drop(self) -> None: ...


class Room:
    """Events go out at once while it is quiet, and together every 100 ms, or as fast as can be, while it is busy.

    A follower may be held: what comes meanwhile is kept for them, so that their snapshot comes first.
    """

    def __init__(self, topic: str, numbering: Numbering | None = None) -> None:
        self.topic = topic
        self._sequence = Sequence(topic, numbering, self.deliver) if numbering else None
        self.is_subscribed = asyncio.Event()
        self.followers: dict[Follower, list[bytes] | None] = {}
        # What strangers get who come now; unset by whatever happens.
        self.answer: asyncio.Task[object] | None = None
        self.answered_at = 0.0
        self.told: int | None = None
        self._pending: list[bytes] = []
        self._pump: asyncio.Task[None] | None = None

    def hold(self, follower: Follower) -> None:
        self.followers[follower] = []

    def release(self, follower: Follower) -> None:
        """Give a held follower what they missed, and from now on everything as it comes."""
        held = self.followers.get(follower)
        if held is not None:
            self.followers[follower] = None
            for frame in held:
                follower.write(frame)

    async def know_latest(self) -> None:
        """On a numbered topic: from where on nothing may be missing. Before anybody's snapshot is read."""
        if self._sequence is not None:
            await self._sequence.begin()

    def take(self, event: bytes) -> None:
        """What was published: sent on, on a numbered topic when its turn comes."""
        if self._sequence is None:
            self.deliver(event)
        else:
            self._sequence.take(event)

    def catch_up(self) -> None:
        """Nothing was heard for a while: read what a numbered topic said meanwhile."""
        if self._sequence is not None and self.followers:
            self._sequence.catch_up()

    def deliver(self, event: bytes) -> None:
        """Send an encoded event to everybody here."""
        self.answer = None
        self._pending.append(event)
        if self._pump is None:
            self._pump = asyncio.create_task(self._send())

    async def _send(self) -> None:
        try:
            while self._pending:
                began = time.monotonic()
                frames, self._pending = encode_frames(self._pending), []
                await self._write(frames)
                await asyncio.sleep(max(0.0, began + GATHERED_S - time.monotonic()))
        finally:
            self._pump = None

    async def _write(self, frames: list[bytes]) -> None:
        for number, (follower, held) in enumerate(list(self.followers.items()), 1):
            if held is None:
                for frame in frames:
                    follower.write(frame)
            elif len(held) < _MOST_HELD:
                held.extend(frames)
            else:
                follower.drop()
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
