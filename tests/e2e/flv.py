"""FLV files cut and joined by tag, for streams that no encoder would write in one piece."""

import struct
from collections.abc import Iterator
from pathlib import Path

_HEADER_BYTES = 13
_METADATA = 18


def read_tags(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, time in milliseconds and body of each tag (Adobe Flash Video File Format 10.1, E.4)."""
    at = _HEADER_BYTES
    while at + 11 <= len(data):
        kind = data[at]
        size = int.from_bytes(data[at + 1 : at + 4])
        time = int.from_bytes(data[at + 4 : at + 7]) | data[at + 7] << 24
        yield kind, time, data[at + 11 : at + 11 + size]
        at += 11 + size + 4


def write_tag(kind: int, time: int, body: bytes) -> bytes:
    head = struct.pack(">B", kind) + len(body).to_bytes(3) + (time & 0xFFFFFF).to_bytes(3)
    whole = head + bytes([time >> 24 & 0xFF]) + b"\0\0\0" + body
    return whole + len(whole).to_bytes(4)


def join(path: Path, first: Path, second: Path, *, after_ms: int, gap_ms: int = 0) -> Path:
    """`first` up to a time, then `second`, whose clock goes on `gap_ms` later than it should."""
    data = first.read_bytes()
    out = data[:_HEADER_BYTES]
    for kind, time, body in read_tags(data):
        if time < after_ms:
            out += write_tag(kind, time, body)
    for kind, time, body in read_tags(second.read_bytes()):
        if kind != _METADATA:
            out += write_tag(kind, time + after_ms + gap_ms, body)
    path.write_bytes(out)
    return path
