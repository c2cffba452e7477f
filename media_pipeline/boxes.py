"""Fragmented MP4 (ISO/IEC 14496-12), as much of it as a packager of ffmpeg's output needs.

ffmpeg writes `ftyp moov` once and then one `moof mdat` a fragment. A fragment becomes a part as it is; the audio
rendition is cut out of the same fragments, so that it is aligned with the source by construction.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_BOX_BYTES = 64 * 1024 * 1024
CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"})

_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")
_NON_SYNC = 0x00010000


class MalformedMedia(ValueError):
    """The bytes are not the fragmented MP4 that ffmpeg was asked for."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the buffer it was found in: `start` is its first byte, `body` its first byte of content."""

    kind: bytes
    start: int
    body: int
    end: int


def iter_boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes side by side in `data[start:end]`; raises MalformedMedia when one reaches outside."""
    end = len(data) if end is None else end
    while start < end:
        size, body = _size_at(data, start, end)
        if size < body - start or start + size > end:
            raise MalformedMedia(f"box at byte {start} has impossible size {size}")
        yield Box(data[start + 4 : start + 8], start, body, start + size)
        start += size


def _size_at(data: bytes, start: int, end: int) -> tuple[int, int]:
    if start + 8 > end:
        raise MalformedMedia(f"box header cut short at byte {start}")
    size: int = _U32.unpack_from(data, start)[0]
    if size != 1:
        return size, start + 8
    if start + 16 > end:
        raise MalformedMedia(f"box header cut short at byte {start}")
    return _U64.unpack_from(data, start + 8)[0], start + 16


class BoxReader:
    """Cuts a byte stream into top-level boxes; holds at most one unfinished box."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Take bytes off a pipe; yield each box they complete as (kind, whole box)."""
        self._buffer += data
        while len(self._buffer) >= 8:
            size: int = _U32.unpack_from(self._buffer)[0]
            if size == 1:
                if len(self._buffer) < 16:
                    return
                size = _U64.unpack_from(self._buffer, 8)[0]
            if not 8 <= size <= MAX_BOX_BYTES:
                raise MalformedMedia(f"top-level box of {size} bytes")
            if len(self._buffer) < size:
                return
            box = bytes(self._buffer[:size])
            del self._buffer[:size]
            yield box[4:8], box


@dataclass(frozen=True, slots=True)
class Track:
    """What `moov` says of one track. Sizes in pixels, rates in hertz, `codec` as RFC 6381 has it."""

    track_id: int
    kind: str
    timescale: int
    codec: str
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    default_duration: int = 0
    default_size: int = 0
    default_flags: int = 0


@dataclass(frozen=True, slots=True)
class Init:
    """An init section (`ftyp` and `moov`) and the tracks in it."""

    data: bytes
    tracks: tuple[Track, ...]

    @property
    def video(self) -> Track | None:
        return next((track for track in self.tracks if track.kind == "video"), None)

    @property
    def audio(self) -> Track | None:
        return next((track for track in self.tracks if track.kind == "audio"), None)

    @property
    def codecs(self) -> str:
        return ",".join(track.codec for track in self.tracks)


def parse_init(data: bytes) -> Init:
    """Read `ftyp moov`; raises MalformedMedia when it holds no track."""
    from media_pipeline.tracks import parse_tracks

    moov = next((box for box in iter_boxes(data) if box.kind == b"moov"), None)
    if moov is None:
        raise MalformedMedia("no moov box")
    tracks = tuple(parse_tracks(data, moov))
    if not tracks:
        raise MalformedMedia("moov without audio or video")
    return Init(data, tracks)


@dataclass(frozen=True, slots=True)
class Run:
    """One track's samples in a fragment. Times in the track's timescale; data as a slice of the fragment.

    `last_duration_at` is the byte at which the last sample's duration stands, 0 when all are the same.
    """

    track_id: int
    decode_time: int
    duration: int
    samples: int
    starts_with_sync: bool
    first_offset: int
    last_duration: int
    last_duration_at: int
    data_start: int
    data_size: int
    traf_start: int
    traf_end: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """A `moof mdat` pair; times in seconds on the encoder's own clock.

    `start` is a decode time; `first_offset` is how much later the first sample is shown (B-frames).
    """

    data: bytes
    start: float
    duration: float
    is_independent: bool
    frames: int
    first_offset: float
    runs: tuple[Run, ...] = field(repr=False)

    @property
    def end(self) -> float:
        return self.start + self.duration


def parse_fragment(moof: bytes, mdat: bytes, init: Init) -> Fragment:
    """Time and shape of a fragment: those of its video, or of its audio where it has no video track.

    Raises MalformedMedia, also for boxes that end before what they announce.
    """
    try:
        return _parse_fragment(moof, mdat, init)
    except (struct.error, IndexError) as error:
        raise MalformedMedia(f"fragment cut short: {error}") from error


def _parse_fragment(moof: bytes, mdat: bytes, init: Init) -> Fragment:
    data = moof + mdat
    tracks = {track.track_id: track for track in init.tracks}
    runs = tuple(_parse_traf(data, traf, tracks) for traf in _children(data, 0, len(moof), b"moof", b"traf"))
    runs = tuple(run for run in runs if run.samples)
    video = init.video
    main = [run for run in runs if video is None or run.track_id == video.track_id]
    if not main:
        # Audio that came before the first picture, or between two far-apart ones.
        return Fragment(data, 0.0, 0.0, False, 0, 0.0, runs)
    timescale = tracks[main[0].track_id].timescale
    return Fragment(
        data,
        start=main[0].decode_time / timescale,
        duration=sum(run.duration for run in main) / timescale,
        is_independent=video is None or main[0].starts_with_sync,
        frames=sum(run.samples for run in main),
        first_offset=main[0].first_offset / timescale,
        runs=runs,
    )


def _children(data: bytes, start: int, end: int, parent: bytes, kind: bytes) -> Iterator[Box]:
    for box in iter_boxes(data, start, end):
        if box.kind == parent:
            yield from (child for child in iter_boxes(data, box.body, box.end) if child.kind == kind)


def _parse_traf(data: bytes, traf: Box, tracks: dict[int, Track]) -> Run:
    track_id, duration, flags, size = 0, 0, 0, 0
    decode_time = 0
    totals = (0, 0, 0, False, 0, 0, 0)
    data_offset = 0
    for box in iter_boxes(data, traf.body, traf.end):
        if box.kind == b"tfhd":
            track_id, duration, size, flags = _parse_tfhd(data, box, tracks)
        elif box.kind == b"tfdt":
            wide = data[box.body] == 1
            decode_time = (_U64 if wide else _U32).unpack_from(data, box.body + 4)[0]
        elif box.kind == b"trun":
            if totals[0]:
                raise MalformedMedia("several runs of one track in a fragment")
            data_offset, totals = _parse_trun(data, box, duration, size, flags)
    samples, total, total_size, sync, offset, last, last_at = totals
    return Run(
        track_id,
        decode_time,
        total,
        samples,
        sync,
        offset,
        last,
        last_at,
        data_offset,
        total_size,
        traf.start,
        traf.end,
    )


def _parse_tfhd(data: bytes, box: Box, tracks: dict[int, Track]) -> tuple[int, int, int, int]:
    """Track id and the defaults of this fragment (duration, size, flags), falling back to `trex`."""
    flags = int.from_bytes(data[box.body + 1 : box.body + 4])
    track_id: int = _U32.unpack_from(data, box.body + 4)[0]
    track = tracks.get(track_id)
    if track is None:
        raise MalformedMedia(f"fragment of unknown track {track_id}")
    at = box.body + 8 + (8 if flags & 0x01 else 0) + (4 if flags & 0x02 else 0)
    values = [track.default_duration, track.default_size, track.default_flags]
    for index, bit in enumerate((0x08, 0x10, 0x20)):
        if flags & bit:
            values[index] = _U32.unpack_from(data, at)[0]
            at += 4
    return track_id, values[0], values[1], values[2]


def _parse_trun(
    data: bytes, box: Box, duration: int, size: int, flags: int
) -> tuple[int, tuple[int, int, int, bool, int, int, int]]:
    """Data offset, and what `Run` wants of the samples, from their number to where the last duration stands."""
    present = int.from_bytes(data[box.body + 1 : box.body + 4])
    count: int = _U32.unpack_from(data, box.body + 4)[0]
    at = box.body + 8
    data_offset = 0
    if present & 0x001:
        data_offset = struct.unpack_from(">i", data, at)[0]
        at += 4
    first_flags = flags
    if present & 0x004:
        first_flags = _U32.unpack_from(data, at)[0]
        at += 4
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if present & bit]
    if at + 4 * len(fields) * count > box.end:
        raise MalformedMedia("run longer than its box")
    table = struct.unpack_from(f">{len(fields) * count}I", data, at)
    step = len(fields)
    duration_sum = sum(table[fields.index(0x100) :: step]) if 0x100 in fields else duration * count
    size_sum = sum(table[fields.index(0x200) :: step]) if 0x200 in fields else size * count
    if 0x400 in fields and count:
        first_flags = table[fields.index(0x400)]
    offset = 0
    if 0x800 in fields and count:
        offset = struct.unpack_from(">i", data, at + 4 * fields.index(0x800))[0]
    last, last_at = duration, 0
    if 0x100 in fields and count:
        index = (count - 1) * step + fields.index(0x100)
        last, last_at = table[index], at + 4 * index
    return data_offset, (count, duration_sum, size_sum, not first_flags & _NON_SYNC, offset, last, last_at)


def without_stall(moof: bytes, fragment: Fragment, init: Init) -> Fragment:
    """The fragment with last samples as long as those before them.

    ffmpeg lets a fragment's last sample last until the next one comes: after an encoder was silent for five seconds,
    five seconds. The silence is a gap between fragments, and no part may be that long.
    """
    timescales = {track.track_id: track.timescale for track in init.tracks}
    patched = bytearray(moof)
    for run in fragment.runs:
        usual = (run.duration - run.last_duration) // max(1, run.samples - 1)
        if run.last_duration_at and usual and run.last_duration > max(4 * usual, timescales[run.track_id] * 0.3):
            _U32.pack_into(patched, run.last_duration_at, usual)
    if patched == moof:
        return fragment
    return parse_fragment(bytes(patched), fragment.data[len(moof) :], init)


def audio_init(init: Init) -> Init:
    """The init section of the audio rendition: the same, without the other tracks."""
    audio = init.audio
    if audio is None:
        raise MalformedMedia("no audio track to take")
    drop = {track.track_id for track in init.tracks if track is not audio}
    out = bytearray()
    for box in iter_boxes(init.data):
        if box.kind != b"moov":
            out += init.data[box.start : box.end]
            continue
        kept = b"".join(_without_tracks(init.data, child, drop) for child in iter_boxes(init.data, box.body, box.end))
        out += _make_box(b"moov", kept)
    return Init(bytes(out), (audio,))


def _without_tracks(data: bytes, box: Box, drop: set[int]) -> bytes:
    whole = data[box.start : box.end]
    if box.kind == b"trak":
        tkhd = next(child for child in iter_boxes(data, box.body, box.end) if child.kind == b"tkhd")
        at = tkhd.body + (20 if data[tkhd.body] == 1 else 12)
        return b"" if _U32.unpack_from(data, at)[0] in drop else whole
    if box.kind == b"mvex":
        kept = b"".join(
            data[child.start : child.end]
            for child in iter_boxes(data, box.body, box.end)
            if child.kind != b"trex" or _U32.unpack_from(data, child.body + 4)[0] not in drop
        )
        return _make_box(b"mvex", kept)
    return whole


def audio_fragment(fragment: Fragment, init: Init) -> Fragment | None:
    """The audio of a fragment as a fragment of its own; None when it carries none."""
    audio = init.audio
    run = next((run for run in fragment.runs if audio and run.track_id == audio.track_id), None)
    if run is None or audio is None:
        return None
    data = fragment.data
    moof = next(iter_boxes(data))
    mfhd = next(box for box in iter_boxes(data, moof.body, moof.end) if box.kind == b"mfhd")
    head = data[mfhd.start : mfhd.end]
    traf = bytearray(data[run.traf_start : run.traf_end])
    moof_size = 8 + len(head) + len(traf)
    for box in iter_boxes(bytes(traf), 8):
        if box.kind == b"trun":
            struct.pack_into(">i", traf, box.body + 8, moof_size + 8)
    payload = data[run.data_start : run.data_start + run.data_size]
    whole = _make_box(b"moof", head + bytes(traf)) + _make_box(b"mdat", payload)
    moved = Run(
        run.track_id,
        run.decode_time,
        run.duration,
        run.samples,
        True,
        0,
        run.last_duration,
        0,
        moof_size + 8,
        run.data_size,
        8 + len(head),
        moof_size,
    )
    seconds = run.duration / audio.timescale
    return Fragment(whole, run.decode_time / audio.timescale, seconds, True, run.samples, 0.0, (moved,))


def _make_box(kind: bytes, body: bytes) -> bytes:
    return _U32.pack(8 + len(body)) + kind + body
