"""Load for bench/fanout.py and bench/chat.py: one process with thousands of sockets, noting when each has what."""

from __future__ import annotations

import argparse
import base64
import json
import os
import select
import socket
import struct
import sys
import time
from array import array
from dataclasses import dataclass, field
from typing import Any

CONNECTS_AT_A_TIME = 32
# As much as a browser says of itself, and a cookie.
BROWSERS = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7\r\n"
    "Cache-Control: no-cache\r\nPragma: no-cache\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    f"Cookie: csrftoken={'c' * 32}; preferences={'p' * 64}\r\n"
)
ANSWERED_WITHIN_S = 60.0


def masked(text: str) -> bytes:
    """A text frame as browsers send it (RFC 6455 5.2), masked with zeroes."""
    payload = text.encode()
    length = len(payload)
    head = struct.pack("!BB", 0x81, 0x80 | length) if length < 126 else struct.pack("!BBH", 0x81, 0xFE, length)
    return head + b"\0\0\0\0" + payload


@dataclass
class Frame:
    """One frame's events, and when the sockets had it: the same bytes are read once."""

    numbers: list[int]
    sent_at: list[float]
    arrived_at: array[float] = field(default_factory=lambda: array("d"))


class Pages:
    """The sockets, their buffers, and what each expects next."""

    def __init__(self, address: str, origin: str, path: str, subscribe: str) -> None:
        self._address, self._subscribe = address, masked(subscribe) if subscribe else b""
        key = base64.b64encode(os.urandom(16)).decode()
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {origin}\r\n"
            f"X-Forwarded-For: 192.0.2.1\r\n{BROWSERS}\r\n"
        ).encode()
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._rests: dict[int, bytes] = {}
        self._frames: dict[bytes, Frame] = {}
        self.next: dict[int, int] = {}
        self.gaps = self.answered = self.closed = 0

    def connect(self, count: int) -> None:
        """So many more, each following the topic when this returns."""
        while count > 0:
            batch = min(count, CONNECTS_AT_A_TIME)
            count -= batch
            new = [self._dial() for _ in range(batch)]
            for client in new:
                self._shake_hands(client)
            goal = self.answered + batch
            for client in new:
                client.sendall(self._subscribe)
                client.setblocking(False)
                self._epoll.register(client.fileno(), select.EPOLLIN)
            deadline = time.monotonic() + ANSWERED_WITHIN_S
            while self._subscribe and self.answered < goal:
                assert time.monotonic() < deadline, "subscriptions were not answered"
                self.pump(0.1)

    def _dial(self) -> socket.socket:
        host, _, port = self._address.rpartition(":")
        if not host:
            client = socket.socket(socket.AF_UNIX)
            client.connect(self._address)
        else:
            client = socket.create_connection((host, int(port)))
        client.sendall(self._request)
        return client

    def _shake_hands(self, client: socket.socket) -> None:
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += client.recv(4096)
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        number = client.fileno()
        self._sockets[number], self._rests[number], self.next[number] = client, rest, 0

    def pump(self, timeout: float) -> None:
        """Read what has come."""
        for number, _ in self._epoll.poll(timeout):
            try:
                data = self._sockets[number].recv(262144)
            except BlockingIOError:
                continue
            if not data:
                self.closed += 1
                self._epoll.unregister(number)
                continue
            now = time.monotonic()
            rest = self._rests[number]
            self._rests[number] = self._take(number, rest + data if rest else data, now)

    def _take(self, number: int, data: bytes, now: float) -> bytes:
        while len(data) >= 2:
            length, head = data[1], 2
            if length == 126:
                if len(data) < 4:
                    break
                length, head = int.from_bytes(data[2:4], "big"), 4
            if len(data) < head + length:
                break
            if data[0] == 0x81:
                self._note(number, data[head : head + length], now)
            elif data[0] == 0x89:
                self._sockets[number].sendall(b"\x8a\x80\0\0\0\0" if not length else self._pong(data, head, length))
            data = data[head + length :]
        return data

    @staticmethod
    def _pong(data: bytes, head: int, length: int) -> bytes:
        return struct.pack("!BB", 0x8A, 0x80 | length) + b"\0\0\0\0" + data[head : head + length]

    def _note(self, number: int, payload: bytes, now: float) -> None:
        frame = self._frames.get(payload)
        if frame is None:
            frame = self._read(payload)
        if frame is not None and frame.numbers:
            if frame.numbers[0] != self.next[number]:
                self.gaps += 1
            self.next[number] = frame.numbers[-1] + 1
            frame.arrived_at.append(now)

    def _read(self, payload: bytes) -> Frame | None:
        """Replies differ from socket to socket; what is published is kept by its bytes."""
        content = json.loads(payload)
        events = content if isinstance(content, list) else [content]
        self.answered += sum(event["type"] == "reply" for event in events)
        lines = [event for event in events if event["type"] == "line"]
        if not lines:
            return None
        numbers = [_number_of(line) for line in lines]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            self.gaps += 1
        frame = self._frames[payload] = Frame(numbers, [_sent_at(line) for line in lines])
        return frame

    def watch(self, events: int, patience_s: float) -> dict[str, object]:
        """Until everybody has all of so many events, or the patience is over: how many came, and how late."""
        deadline = time.monotonic() + patience_s
        while min(self.next.values()) < events and time.monotonic() < deadline and not self.closed:
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                self.pump(0.05)
        delays = array("d")
        for frame in self._frames.values():
            for sent_at in frame.sent_at:
                delays.extend(at - sent_at for at in frame.arrived_at)
        spread = sorted(delays)
        expected = events * len(self.next)
        return {
            "expected": expected,
            "delivered": len(spread),
            "out_of_order": self.gaps,
            "closed": self.closed,
            "events_a_frame": round(len(spread) / max(1, sum(len(one.arrived_at) for one in self._frames.values())), 1),
            "p50_ms": round(spread[len(spread) // 2] * 1000) if spread else None,
            "p99_ms": round(spread[len(spread) * 99 // 100] * 1000) if spread else None,
            "max_ms": round(spread[-1] * 1000) if spread else None,
            "within_1_s": round(sum(delay <= 1 for delay in spread) / expected, 4),
        }


def _number_of(line: dict[str, Any]) -> int:
    """Counted from nought: by the bench itself, or by the chat, whose numbers begin with one."""
    return int(line["number"]) if "number" in line else int(line["seq"]) - 1


def _sent_at(line: dict[str, Any]) -> float:
    """A line of the chat says it in its text."""
    return float(line["at"]) if "number" in line else float(line["text"].split()[1])


def main() -> None:
    """Orders come on stdin, one a line: `connect N`, `watch EVENTS PATIENCE`; each is answered by a line."""
    parser = argparse.ArgumentParser()
    for name in ("--address", "--origin", "--path", "--subscribe"):
        parser.add_argument(name, default="")
    options = parser.parse_args()
    pages = Pages(options.address, options.origin, options.path, options.subscribe)
    for line in sys.stdin:
        order, *figures = line.split()
        if order == "connect":
            pages.connect(int(figures[0]))
            print(json.dumps(len(pages.next)), flush=True)
        else:
            print(json.dumps(pages.watch(int(figures[0]), float(figures[1]))), flush=True)


if __name__ == "__main__":
    main()
