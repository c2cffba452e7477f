"""The tracks of a `moov` box: sizes, rates and codec strings (RFC 6381)."""

import struct
from collections.abc import Iterator

from media_pipeline.boxes import CONTAINERS, Box, MalformedMedia, Track, iter_boxes

_KINDS = {b"vide": "video", b"soun": "audio"}


def parse_tracks(data: bytes, moov: Box) -> Iterator[Track]:
    """Audio and video tracks in the order they stand in, with their `trex` defaults."""
    defaults = dict(_trex(data, box) for box in _descend(data, moov, b"trex"))
    for trak in _descend(data, moov, b"trak"):
        kind = _KINDS.get(_handler(data, trak))
        if kind is None:
            continue
        track_id = _track_id(data, trak)
        entry = _sample_entry(data, trak)
        duration, size, flags = defaults.get(track_id, (0, 0, 0))
        width, height, rate = _shape(data, entry, kind)
        codec = _codec(data, entry, kind)
        yield Track(track_id, kind, _timescale(data, trak), codec, width, height, rate, duration, size, flags)


def _descend(data: bytes, parent: Box, kind: bytes) -> Iterator[Box]:
    for box in iter_boxes(data, parent.body, parent.end):
        if box.kind == kind:
            yield box
        elif box.kind in CONTAINERS:
            yield from _descend(data, box, kind)


def _only(data: bytes, parent: Box, kind: bytes) -> Box:
    box = next(_descend(data, parent, kind), None)
    if box is None:
        raise MalformedMedia(f"no {kind.decode()} box in {parent.kind.decode()}")
    return box


def _handler(data: bytes, trak: Box) -> bytes:
    box = _only(data, trak, b"hdlr")
    return data[box.body + 8 : box.body + 12]


def _track_id(data: bytes, trak: Box) -> int:
    box = _only(data, trak, b"tkhd")
    return int.from_bytes(data[box.body + (20 if data[box.body] == 1 else 12) :][:4])


def _timescale(data: bytes, trak: Box) -> int:
    box = _only(data, trak, b"mdhd")
    timescale = int.from_bytes(data[box.body + (20 if data[box.body] == 1 else 12) :][:4])
    if not timescale:
        raise MalformedMedia("track with timescale 0")
    return timescale


def _trex(data: bytes, box: Box) -> tuple[int, tuple[int, int, int]]:
    track_id, _, duration, size, flags = struct.unpack_from(">5I", data, box.body + 4)
    return track_id, (duration, size, flags)


def _sample_entry(data: bytes, trak: Box) -> Box:
    stsd = _only(data, trak, b"stsd")
    entry = next(iter_boxes(data, stsd.body + 8, stsd.end), None)
    if entry is None:
        raise MalformedMedia("track without a sample entry")
    return entry


def _shape(data: bytes, entry: Box, kind: str) -> tuple[int, int, int]:
    """Width, height, sample rate: those of the other kind are 0 (14496-12, 12.1.3 and 12.2.3)."""
    if kind == "video":
        width, height = struct.unpack_from(">2H", data, entry.body + 24)
        return width, height, 0
    return 0, 0, struct.unpack_from(">I", data, entry.body + 24)[0] >> 16


def _codec(data: bytes, entry: Box, kind: str) -> str:
    """`avc1.PPCCLL` out of `avcC`, `mp4a.40.N` out of `esds`; any other entry by its four letters."""
    name = entry.kind.decode("latin-1").strip()
    children = iter_boxes(data, entry.body + (78 if kind == "video" else 28), entry.end)
    if entry.kind in (b"avc1", b"avc3"):
        box = next((child for child in children if child.kind == b"avcC"), None)
        if box is None:
            raise MalformedMedia("H.264 without avcC")
        return f"{name}.{data[box.body + 1 : box.body + 4].hex()}"
    if entry.kind == b"mp4a":
        box = next((child for child in children if child.kind == b"esds"), None)
        return _aac_codec(data[box.body + 4 : box.end]) if box else "mp4a.40.2"
    return name


def _aac_codec(esds: bytes) -> str:
    """Object type and, for MPEG-4 audio, the AudioObjectType (ISO/IEC 14496-1, 7.2.6)."""
    at = 0
    object_type = 0x40
    while at < len(esds):
        tag = esds[at]
        at += 1
        size = 0
        while at < len(esds):
            byte = esds[at]
            at += 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 0x03:
            at += 3
        elif tag == 0x04:
            object_type = esds[at]
            at += 13
        elif tag == 0x05 and object_type == 0x40:
            kind = esds[at] >> 3
            if kind == 31:
                kind = 32 + ((esds[at] & 7) << 3 | esds[at + 1] >> 5)
            return f"mp4a.40.{kind}"
        else:
            at += size
    return f"mp4a.{object_type:x}"
