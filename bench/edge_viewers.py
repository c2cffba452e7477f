"""Load for bench/edge.py: one process that fetches parts without a pause, one that plays many waiting viewers."""

from __future__ import annotations

import heapq
import random
import re
import selectors
import socket
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

PARTS_A_SEGMENT = 6
THINK_S = (0.03, 0.12)
LENGTH = re.compile(rb"Content-Length: (\d+)")


def connect(port: int) -> socket.socket:
    """A connection that sends at once."""
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def request_for(path: str) -> bytes:
    """What a browser sends at the least."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n".encode()


def answer_length(port: int, path: str) -> int:
    """Bytes of a whole answer, head included; raises RuntimeError unless it is a 200."""
    with connect(port) as client:
        client.sendall(request_for(path))
        answer = client.recv(65536)
        head = answer.partition(b"\r\n\r\n")[0]
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(head.decode())
        length = LENGTH.search(head)
        assert length
        return len(head) + 4 + int(length[1])


def fetch_parts(port: int, path: str, connections: int, seconds: float) -> float:
    """Whole answers a second. Each has the length of one whose body was looked at before."""
    request, length = request_for(path), answer_length(port, path)
    clients = [connect(port) for _ in range(connections)]
    # The kernel throws the bytes away: copying them would make the generator slower than nginx.
    buffer, discard = bytearray(length), socket.MSG_WAITALL | socket.MSG_TRUNC
    for client in clients:
        client.settimeout(None)
        client.sendall(request)
    answers, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        for client in clients:
            if client.recv_into(buffer, length, discard) != length:
                raise RuntimeError("an answer was cut")
            client.sendall(request)
        answers += connections
    for client in clients:
        client.close()
    return answers / took


@dataclass
class Viewer:
    """One waiting viewer: what it asked for last, and what came of the answer so far."""

    client: socket.socket
    position: int = -1
    answer: bytearray = field(default_factory=bytearray)

    def is_answered(self) -> bool:
        """Take in what arrived. True when the answer is whole; raises RuntimeError unless it is a 200."""
        self.answer += self.client.recv(65536)
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end:
            return False
        length = LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200 ") or not length:
            raise RuntimeError(head.decode())
        return len(body) >= int(length[1])


class Audience:
    """Viewers who each wait for one part after the other."""

    def __init__(self, port: int, path: str, count: int) -> None:
        self._path = path
        self._poll = selectors.EpollSelector()
        self._viewers = [Viewer(connect(port)) for _ in range(count)]
        self._thinking: list[tuple[float, int]] = []
        for viewer in self._viewers:
            self._poll.register(viewer.client, selectors.EVENT_READ, viewer)

    def ask(self, viewer: Viewer, position: int) -> None:
        """Ask for the playlist that has a part, given by its number since the start."""
        msn, part = divmod(position, PARTS_A_SEGMENT)
        viewer.position = position
        viewer.answer.clear()
        viewer.client.sendall(request_for(f"{self._path}/media.m3u8?_HLS_msn={msn}&_HLS_part={part}"))

    def watch(self, first: int, parts: int) -> list[tuple[int, float]]:
        """Wait for `parts` parts from `first` on; returns each answer's part and its time on the monotonic clock."""
        answers: list[tuple[int, float]] = []
        for viewer in self._viewers:
            self.ask(viewer, first)
        while len(answers) < parts * len(self._viewers):
            for key, _ in self._poll.select(self._until_next()):
                viewer = key.data
                if viewer.is_answered():
                    answers.append((viewer.position, time.monotonic()))
                    if viewer.position + 1 < first + parts:
                        heapq.heappush(
                            self._thinking, (time.monotonic() + random.uniform(*THINK_S), viewer.client.fileno())
                        )
            self._ask_on()
        return answers

    def _until_next(self) -> float:
        return max(0.0, self._thinking[0][0] - time.monotonic()) if self._thinking else 20.0

    def _ask_on(self) -> None:
        while self._thinking and self._thinking[0][0] <= time.monotonic():
            viewer: Viewer = self._poll.get_key(heapq.heappop(self._thinking)[1]).data
            self.ask(viewer, viewer.position + 1)


def watch(pipe: Connection, port: int, path: str, count: int) -> None:
    """An audience in a process of its own: takes (first, parts), gives back the answers, until it is sent None."""
    audience = Audience(port, path, count)
    while order := pipe.recv():
        pipe.send(audience.watch(*order))
