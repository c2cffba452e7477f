"""RTP packets, and the frames of video that they carry (RFC 3550, 6184, 7741)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_START = b"\0\0\0\1"
_STAP_A, _FU_A, _IDR = 24, 28, 5
_HALF, _WHOLE = 1 << 15, 1 << 16


@dataclass(frozen=True)
class Packet:
    """What is used of one."""

    ssrc: int
    sequence: int
    timestamp: int
    is_last: bool
    payload: bytes


def parse(data: bytes) -> Packet | None:
    """RFC 3550 5.1; None for what is no RTP."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    start = 12 + 4 * (first & 0x0F)
    if first & 0x10 and len(data) >= start + 4:
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if start >= end:
        return None
    return Packet(ssrc, sequence, timestamp, bool(second & 0x80), data[start:end])


@dataclass(frozen=True)
class Frame:
    """One encoded picture; `is_key` when it can be decoded by itself."""

    data: bytes
    is_key: bool


@dataclass
class Assembler:
    """Puts the frames of one source together. After a loss nothing comes before the next key frame."""

    codec: str
    is_broken: bool = True
    _next: int | None = None
    _timestamp: int | None = None
    _parts: list[bytes] = field(default_factory=list)
    _is_key: bool = False

    def take(self, packet: Packet) -> Frame | None:
        """The frame that this packet completes."""
        if self._next is not None and packet.sequence != self._next:
            if (packet.sequence - self._next) % _WHOLE >= _HALF:
                # It came twice, or late.
                return None
            self._break()
        self._next = (packet.sequence + 1) % _WHOLE
        if packet.timestamp != self._timestamp:
            self._timestamp, self._parts, self._is_key = packet.timestamp, [], False
        self._add(packet.payload)
        if not packet.is_last or not self._parts:
            return None
        frame = Frame(b"".join(self._parts), self._is_key)
        self._parts = []
        self.is_broken = self.is_broken and not frame.is_key
        return None if self.is_broken else frame

    def _break(self) -> None:
        self.is_broken, self._parts = True, []

    def _add(self, payload: bytes) -> None:
        if self.codec == "vp8":
            self._add_vp8(payload)
        else:
            for unit in self._units(payload):
                self._is_key = self._is_key or unit[len(_START)] & 0x1F == _IDR
                self._parts.append(unit)

    def _units(self, payload: bytes) -> Iterator[bytes]:
        """RFC 6184 5.6 to 5.8: what this packet adds, as Annex B has it."""
        kind = payload[0] & 0x1F
        if kind == _STAP_A:
            at = 1
            while at + 2 < len(payload):
                size = int.from_bytes(payload[at : at + 2], "big")
                if not size:
                    return
                yield _START + payload[at + 2 : at + 2 + size]
                at += 2 + size
        elif kind == _FU_A and len(payload) > 2:
            if payload[1] & 0x80:
                yield _START + bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:]
            elif self._parts:
                self._parts[-1] += payload[2:]
        elif kind < _STAP_A:
            yield _START + payload

    def _add_vp8(self, payload: bytes) -> None:
        """RFC 7741 4.2: what stands behind the descriptor."""
        start = 1
        if payload[0] & 0x80 and len(payload) > 2:
            extra, start = payload[1], 2
            if extra & 0x80:
                start += 2 if payload[start] & 0x80 else 1
            start += bool(extra & 0x40) + bool(extra & 0x30)
        if len(payload) <= start:
            return
        if payload[0] & 0x10 and not payload[0] & 0x07 and not self._parts:
            self._is_key = not payload[start] & 1
        self._parts.append(payload[start:])
