"""One browser's socket: what it asks for, one thing after the other and not too fast, and what it is told."""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError
from django.utils import translation

from realtime import commands, topics
from realtime.errors import CommandRefused, Malformed, TooFast, TooManyTopics, Unavailable, WentWrong
from realtime.hub import ABUSIVE, Hub
from realtime.threads import in_thread
from realtime.visitors import Visitor, load_user
from realtime.wire import Wire, encode_frames

log = logging.getLogger(__name__)

MAX_TOPICS = 32
MAX_WAITING = 32
# Commands: so many at once, then so many a second. Who goes on against refusals for long is cut.
BURST, RATE_PER_S, PATIENCE = 40.0, 10.0, 200.0


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it came."""

    id: int
    command: str
    payload: Mapping[str, Any]

    @classmethod
    def read(cls, text: str) -> "Order":
        """Raises Malformed for anything else than {"id", "command", "payload"}."""
        try:
            facts = json.loads(text)
            order = cls(facts["id"], facts["command"], facts.get("payload") or {})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise Malformed from None
        is_whole = type(order.id) is int and isinstance(order.command, str) and isinstance(order.payload, dict)
        if not is_whole or not 0 <= order.id < 2**53:
            raise Malformed
        return order


class Socket:
    """Small, for there are thousands: what an idle one doesn't need isn't made."""

    __slots__ = (
        "_allowance",
        "_allowed_at",
        "_hub",
        "_waiting",
        "_wire",
        "_worker",
        "address",
        "language",
        "owners",
        "topics",
        "visitor",
    )

    def __init__(self, hub: Hub, wire: Wire, visitor: Visitor, address: str, language: str) -> None:
        self.visitor, self.address, self.language = visitor, address, language
        self.topics: list[str] = []
        self.owners: list[str] = []
        self._hub, self._wire = hub, wire
        self._allowance, self._allowed_at = BURST, time.monotonic()
        self._waiting: deque[Order] | None = None
        self._worker: asyncio.Task[None] | None = None

    def write(self, frame: bytes) -> None:
        self._wire.write(frame)

    def tell(self, *events: bytes) -> None:
        for frame in encode_frames(events):
            self._wire.write(frame)

    def close(self, code: int) -> None:
        self._wire.close(code)

    def drop(self) -> None:
        self._wire.drop()

    def take(self, text: str | None) -> None:
        """A frame from the browser; None for one that isn't text. Never waits."""
        try:
            self._spend()
            order = Order.read(text or "")
        except CommandRefused as refusal:
            self.tell(_encode({"type": "refused", "error": self._describe(refusal)}))
            return
        if self._waiting is None:
            self._waiting = deque()
            self._worker = asyncio.create_task(self._work())
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(order)
        else:
            self._refuse(order, TooFast())

    def _spend(self) -> None:
        now = time.monotonic()
        self._allowance = min(BURST, self._allowance + (now - self._allowed_at) * RATE_PER_S) - 1
        self._allowed_at = now
        if self._allowance < -PATIENCE:
            self.close(ABUSIVE)
        if self._allowance < 0:
            raise TooFast

    async def _work(self) -> None:
        """Do what is waiting, in order; then there is no worker any more."""
        assert self._waiting is not None
        while self._waiting:
            order = self._waiting.popleft()
            try:
                await self._do(order)
            except CommandRefused as refusal:
                self._refuse(order, refusal)
            except (OperationalError, InterfaceError) as error:
                log.warning("command %s not done, the database is away: %s", order.command, error)
                self._refuse(order, Unavailable())
            except Exception:
                log.exception("command %s went wrong", order.command)
                self._refuse(order, WentWrong())
        self._waiting = self._worker = None

    async def _do(self, order: Order) -> None:
        begin: list[bytes] = []
        result: Mapping[str, Any] | None = None
        topic = order.payload.get("topic")
        if order.command == "subscribe":
            begin = await self._subscribe(topic)
        elif order.command == "leave":
            self._hub.leave(str(topic), self)
        elif order.command != "ping":
            result = await in_thread(_run, self, order)
        self.tell(*begin, _encode({"type": "reply", "id": order.id, "result": result}))
        if order.command == "subscribe":
            self._hub.release(str(topic), self)

    async def _subscribe(self, topic: object) -> list[bytes]:
        topics.find(topic)
        assert isinstance(topic, str)
        if topic not in self.topics and len(self.topics) >= MAX_TOPICS:
            raise TooManyTopics
        return await self._hub.join(topic, self)

    def _refuse(self, order: Order, refusal: CommandRefused) -> None:
        self.tell(_encode({"type": "reply", "id": order.id, "error": self._describe(refusal)}))

    def _describe(self, refusal: CommandRefused) -> dict[str, Any]:
        with translation.override(self.language):
            return refusal.facts | {"code": refusal.code, "message": str(refusal.message)}

    def end(self) -> None:
        """The browser is gone."""
        if self._worker is not None:
            self._worker.cancel()
        self._hub.part(self)


def _run(socket: Socket, order: Order) -> Mapping[str, Any] | None:
    caller = commands.Caller(load_user(socket.visitor), socket.address)
    with translation.override(socket.language):
        return commands.run(caller, order.command, order.payload)


def _encode(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, cls=DjangoJSONEncoder, separators=(",", ":"), ensure_ascii=False).encode()
