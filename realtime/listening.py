"""One connection to Redis that hears what is published on many channels, and comes back by itself."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Iterable
from typing import Any, Protocol

import redis

from realtime import broker

log = logging.getLogger(__name__)

AWAY = (redis.RedisError, OSError)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0


class Hearer(Protocol):
    """Whom a listener tells."""

    def wanted(self) -> Iterable[str]:
        """What to subscribe to anew after a connection was lost."""

    def on_message(self, name: str, data: bytes) -> None: ...

    def on_subscribed(self, topic: str) -> None: ...

    def on_found(self) -> None:
        """All that is wanted is subscribed to, after none was."""

    def on_lost(self) -> None:
        """Nothing is heard any more."""


class Listener:
    """Counts as lost as soon as nothing came for `silence_s`: somebody must publish on CONTROL more often than that."""

    def __init__(self, client: Any, hearer: Hearer, silence_s: float) -> None:
        self._client, self._hearer, self._silence_s = client, hearer, silence_s
        self._pubsub: redis.asyncio.client.PubSub | None = None
        self._is_found = False

    async def subscribe(self, topic: str) -> None:
        """Hear this topic too; while Redis is away that waits for its return."""
        if self._pubsub is not None:
            with contextlib.suppress(*AWAY):
                await self._pubsub.subscribe(broker.channel_of(topic))

    async def unsubscribe(self, topic: str) -> None:
        if self._pubsub is not None:
            with contextlib.suppress(*AWAY):
                await self._pubsub.unsubscribe(broker.channel_of(topic))

    async def run(self) -> None:
        """Listen for ever."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                await self._follow()
            except AWAY as error:
                log.warning("hub hears nothing: %s", error)
                pause = _FIRST_PAUSE_S if self._is_found else min(pause * 2, _LONGEST_PAUSE_S)
                self._is_found, self._pubsub = False, None
                self._hearer.on_lost()
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311

    async def _follow(self) -> None:
        async with self._client.pubsub() as pubsub:
            # Before others may use it: two that find it unconnected open a connection each, and one is lost.
            await pubsub.connect()
            self._pubsub = pubsub
            known = [broker.channel_of(topic) for topic in self._hearer.wanted()]
            # Confirmed in order: when the last one is, all are.
            await pubsub.subscribe(*known, broker.channel_of(broker.CONTROL))
            while True:
                message = await pubsub.get_message(timeout=self._silence_s)
                if message is None:
                    raise redis.TimeoutError("Redis is silent")
                self._take(message["type"], broker.name_of(message["channel"]), message["data"])

    def _take(self, kind: str, name: str, data: Any) -> None:
        if kind == "message":
            self._hearer.on_message(name, data)
        elif kind == "subscribe" and name != broker.CONTROL:
            self._hearer.on_subscribed(name)
        elif kind == "subscribe" and not self._is_found:
            self._is_found = True
            self._hearer.on_found()
