"""Putting a topic's numbered events in order, and reading those that didn't come."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import InterfaceError

log = logging.getLogger(__name__)

# Two processes that commit one after the other may publish the other way round.
PATIENCE_S = 0.1
_TRIES, _PAUSE_S = 5, 1.0


@dataclass(frozen=True)
class Numbering:
    """How to ask for the last number, and for the events after one."""

    latest: Callable[[], Awaitable[int]]
    missed: Callable[[int], Awaitable[list[bytes]]]


class Sequence:
    """Hands on each numbered event once and in order; those without a `seq` as they come.

    A number that is missing is waited for briefly, and then read. Numbers that stay missing are passed over: what they
    stood for is not to be shown. What has a number up to the latest at the beginning is in every follower's snapshot.
    """

    def __init__(self, topic: str, numbering: Numbering, deliver: Callable[[bytes], None]) -> None:
        self._topic, self._numbering, self._deliver = topic, numbering, deliver
        self._last: int | None = None
        self._beginning = asyncio.Lock()
        self._early: dict[int, bytes] = {}
        self._filling: asyncio.Task[None] | None = None
        self._is_behind = False

    async def begin(self) -> None:
        """Learn the latest number, once."""
        async with self._beginning:
            if self._last is None:
                self._last = await self._numbering.latest()
                self._early = {number: event for number, event in self._early.items() if number > self._last}
                if self._early:
                    self._fill(PATIENCE_S)

    def take(self, event: bytes) -> None:
        number = json.loads(event).get("seq")
        if not isinstance(number, int):
            self._deliver(event)
        elif self._last is None:
            self._early[number] = event
        elif number == self._last + 1:
            self._hand_on(number, event)
        elif number > self._last:
            self._early[number] = event
            self._fill(PATIENCE_S)

    def catch_up(self) -> None:
        """Read what came after the last number, whether or not anything says that there is more."""
        if self._last is not None:
            self._is_behind = True
            self._fill(0.0)

    def _hand_on(self, number: int, event: bytes) -> None:
        self._last = number
        self._deliver(event)
        while (following := self._early.pop(self._last + 1, None)) is not None:
            self._last += 1
            self._deliver(following)

    def _fill(self, patience_s: float) -> None:
        if self._filling is None:
            self._filling = asyncio.create_task(self._read(patience_s))

    async def _read(self, patience_s: float) -> None:
        try:
            await asyncio.sleep(patience_s)
            while self._early or self._is_behind:
                self._is_behind = False
                await self._read_once()
                if self._early:
                    await asyncio.sleep(PATIENCE_S)
        finally:
            self._filling = None

    async def _read_once(self) -> None:
        """Hand on what was read, and then what came too early: their gaps are there to stay."""
        waiting = sorted(self._early)
        for event in await self._ask():
            number = json.loads(event).get("seq")
            if not isinstance(number, int):
                self._deliver(event)
            elif number > (self._last or 0):
                self._early.pop(number, None)
                self._hand_on(number, event)
        for number in waiting:
            if (event := self._early.pop(number, b"")) and number > (self._last or 0):
                self._hand_on(number, event)

    async def _ask(self) -> list[bytes]:
        """What was missed; nothing from a database that stays away, so that what has come isn't held up for long."""
        for attempt in range(_TRIES):
            try:
                return await self._numbering.missed(self._last or 0)
            except (DatabaseError, InterfaceError) as error:
                log.warning("not read what was missed on %s, attempt %d: %s", self._topic, attempt + 1, error)
                await asyncio.sleep(_PAUSE_S)
        return []
