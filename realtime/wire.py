"""The way out to one browser.

ASGI's `send` neither says how much a slow reader has left unread nor lets a frame be encoded once for many sockets.
Daphne's own objects do both, and are found behind its `send`: a partial over its protocol.
"""

import struct
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]

LARGEST_FRAME = 16 * 1024
# What a slow reader may leave unread beyond the 64 kB that Twisted buffers before it says so.
MAX_BEHIND = 192 * 1024
MAX_BEHIND_S = 15.0


def encode_frames(events: Iterable[bytes]) -> list[bytes]:
    """Events as JSON arrays in as few frames as 16 kB each allows, ready for the network (RFC 6455 5.2)."""
    frames: list[bytes] = []
    batch: list[bytes] = []
    size = 0
    for event in events:
        if batch and size + len(event) > LARGEST_FRAME - 2:
            frames.append(_frame(batch))
            batch, size = [], 0
        batch.append(event)
        size += len(event) + 1
    return [*frames, _frame(batch)] if batch else frames


def _frame(events: list[bytes]) -> bytes:
    payload = b"[%b]" % b",".join(events)
    length = len(payload)
    return (struct.pack("!BB", 0x81, length) if length <= 125 else struct.pack("!BBH", 0x81, 126, length)) + payload


class Wire:
    """A socket's protocol and transport inside daphne; Twisted tells it when its reader is slow and when it isn't."""

    __slots__ = ("_behind", "_protocol", "_slow_since", "_transport")

    def __init__(self, send: Send) -> None:
        """Bound what the browser may send, from before its first frame."""
        self._protocol = send.args[0]  # type: ignore[attr-defined]
        self._transport = self._protocol.transport
        self._behind = 0
        self._slow_since: float | None = None
        self._protocol.maxFramePayloadSize = self._protocol.maxMessagePayloadSize = LARGEST_FRAME

    def open(self) -> None:
        """Take over from the HTTP channel that the socket began as, which thereby goes out of memory."""
        _forget_handshake(self._protocol)
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)

    def write(self, frame: bytes) -> None:
        """Send a frame, or drop a reader who has fallen too far behind."""
        if self._protocol.state != self._protocol.STATE_OPEN:
            return
        if self._slow_since is not None:
            self._behind += len(frame)
            if self._behind > MAX_BEHIND or time.monotonic() - self._slow_since > MAX_BEHIND_S:
                self.drop()
                return
        self._send(frame)

    def _send(self, frame: bytes) -> None:
        """At once if the network takes it: by way of the reactor each frame costs three more system calls."""
        transport = self._transport
        if transport.connected and not transport.dataBuffer and not transport._tempDataBuffer:
            sent = transport.writeSomeData(frame)
            if sent == len(frame):
                return
            frame = frame[sent:] if isinstance(sent, int) else frame
        transport.write(frame)

    def close(self, code: int) -> None:
        """Say goodbye; who doesn't answer is cut a second later."""
        self._protocol.sendClose(code=code)

    def drop(self) -> None:
        """Cut it at once, whatever is unread."""
        self._transport.abortConnection()

    def pauseProducing(self) -> None:
        # Said again at each write that finds the buffer full.
        if self._slow_since is None:
            self._slow_since, self._behind = time.monotonic(), 0

    def resumeProducing(self) -> None:
        self._slow_since = None

    def stopProducing(self) -> None:
        pass


def _forget_handshake(protocol: Any) -> None:
    """Drop what only the handshake needed: a fifth of what an idle socket costs.

    The request and its headers are kept in six shapes, and a dict of attributes shrinks only when it is made anew.
    """
    protocol.request.headers = {}
    protocol.__dict__ = {
        name: value
        for name, value in vars(protocol).items()
        if name == "websocket_version" or not name.startswith(("http_", "websocket_", "clean_headers"))
    }
