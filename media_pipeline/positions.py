"""Telling the edge how far each playlist is, without ever waiting for Redis.

A position is "key epoch msn part closed ended" under `hls:<key>` and on the channel `hls`; key is media path and
rendition. One thread a process sends them; while Redis is away only the newest of each key is kept, and is sent
when it is back.
"""

import logging
import threading
from dataclasses import dataclass
from typing import Any, Protocol

log = logging.getLogger(__name__)

CHANNEL = "hls"
_LIVE_S, _ENDED_S = 3600, 60
_RETRY_S = 0.2


@dataclass(frozen=True)
class Position:
    """How far a rendition is: the newest part, and whether its segment is closed."""

    key: str
    epoch: int
    msn: int
    part: int
    is_closed: bool = False
    is_ended: bool = False

    def __str__(self) -> str:
        return f"{self.key} {self.epoch} {self.msn} {self.part} {self.is_closed:d} {self.is_ended:d}"


def parse_position(text: str) -> Position:
    """Read a position back. Raises ValueError for anything else."""
    key, epoch, msn, part, closed, ended = text.split(" ")
    return Position(key, int(epoch), int(msn), int(part), closed == "1", ended == "1")


class Redis(Protocol):
    """As much of redis-py's client as is used here."""

    def pipeline(self, transaction: bool = ...) -> Any: ...


class PositionPublisher:
    """Sends positions from a thread of its own, newest first, at most one waiting a key."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: dict[str, Position] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="positions", daemon=True)
        self._thread.start()

    def publish(self, position: Position) -> None:
        with self._changed:
            self._waiting[position.key] = position
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout=3)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if self._closing and not self._waiting:
                    return
                batch, self._waiting = self._waiting, {}
            if not self._send(batch):
                with self._changed:
                    self._waiting = batch | self._waiting
                    if self._closing:
                        return
                    self._changed.wait(_RETRY_S)

    def _send(self, batch: dict[str, Position]) -> bool:
        pipe = self._client.pipeline(transaction=False)
        for position in batch.values():
            pipe.set(f"hls:{position.key}", str(position), ex=_ENDED_S if position.is_ended else _LIVE_S)
            pipe.publish(CHANNEL, str(position))
        try:
            pipe.execute()
        except Exception as error:  # noqa: BLE001 whatever the client raises, the media must go on
            log.warning("positions not sent, trying again: %s", error)
            return False
        return True
