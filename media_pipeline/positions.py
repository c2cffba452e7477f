"""Telling the edge how far each playlist is, without ever waiting for Redis.

A position is "key epoch msn part closed ended" under `hls:<key>` and on the channel `hls`; key is media path and
rendition. One thread a process sends them; while Redis is away only the newest of each key is kept, and is sent
when it is back.
"""

import logging
import threading
from dataclasses import dataclass
from typing import Any

import redis

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


class PositionPublisher:
    """Sends positions from a thread of its own, newest first, at most one waiting a key."""

    def __init__(self, client: redis.Redis) -> None:
        """`client` has short time-outs."""
        self._connection: Any = client.connection_pool.make_connection()
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
        commands: list[tuple[str | int, ...]] = []
        for position in batch.values():
            text = str(position)
            commands.append(("SET", f"hls:{position.key}", text, "EX", _ENDED_S if position.is_ended else _LIVE_S))
            commands.append(("PUBLISH", CHANNEL, text))
        try:
            # Three times a second and broadcast: a pipeline of redis-py's would take twice the time.
            self._connection.send_packed_command(self._connection.pack_commands(commands))
            for _ in commands:
                self._connection.read_response()
        except (redis.RedisError, OSError) as error:
            log.warning("positions not sent, trying again: %s", error)
            self._connection.disconnect()
            return False
        return True
