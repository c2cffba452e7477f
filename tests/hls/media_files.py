"""What the files behind a playlist are: there at once, whole, as long and as large as the playlists say."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from urllib.parse import urljoin

import httpx

from .multivariant import Variant
from .playlist import MediaPlaylist, Segment
from .violation import Violation

# A frame at 24 fps; the duration of the last sample is the muxer's guess.
DURATION_TOLERANCE_S = 0.05


@dataclass(frozen=True)
class Probe:
    """What ffprobe finds in an init section and a segment. `size` is (0, 0) without video."""

    duration: float
    size: tuple[int, int]
    first_is_key: bool


def probe(init: bytes, segment: bytes) -> Probe:
    """Measure a segment, by its video if it has any. Raises RuntimeError when there is nothing to play."""
    fields = "stream=index,codec_type,width,height:packet=stream_index,dts_time,duration_time,flags"
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", fields, "-"]
    found = json.loads(subprocess.run(command, input=init + segment, capture_output=True, check=True).stdout)
    streams = sorted(found["streams"], key=lambda stream: stream["codec_type"] != "video")
    packets = [one for one in found["packets"] if streams and one["stream_index"] == streams[0]["index"]]
    if not packets:
        raise RuntimeError("no packets")
    duration = sum(float(packet.get("duration_time", 0)) for packet in packets)
    size = (streams[0].get("width", 0), streams[0].get("height", 0))
    return Probe(duration, size, "K" in packets[0]["flags"])


@dataclass
class Downloads:
    """Fetches every part and segment of one rendition as it is listed, and looks at every `probe_every`th segment."""

    client: httpx.Client
    url: str
    variant: Variant
    probe_every: int = 5
    found: list[Violation] = field(default_factory=list)
    bit_rates: list[tuple[float, float]] = field(default_factory=list)
    _queue: queue.Queue[MediaPlaylist | None] = field(default_factory=queue.Queue)
    _parts: dict[str, bytes] = field(default_factory=dict)
    _inits: dict[str, bytes] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to take playlists."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, playlist: MediaPlaylist) -> None:
        """Fetch what is new in a playlist."""
        self._queue.put(playlist)

    def finish(self) -> list[Violation]:
        """Fetch what is left and say what was wrong, bit rates included."""
        self._queue.put(None)
        assert self._thread
        self._thread.join()
        return self.found + list(self._check_bandwidth())

    def _run(self) -> None:
        while playlist := self._queue.get():
            newest = playlist.segments[-2:]
            for segment in newest:
                self._take(segment)
            current = {part.uri for segment in newest for part in segment.parts}
            self._parts = {uri: data for uri, data in self._parts.items() if uri in current}

    def _take(self, segment: Segment) -> None:
        for part in segment.parts:
            if part.uri not in self._parts and segment.msn not in self._done:
                self._parts[part.uri] = self._fetch(part.uri)
        if segment.uri and segment.msn not in self._done:
            self._done.add(segment.msn)
            self._check(segment, self._fetch(segment.uri))

    def _fetch(self, uri: str) -> bytes:
        response = self.client.get(urljoin(self.url, uri))
        if response.status_code != 200:
            self._complain("6.2.1", "available", f"{uri} is listed, but answered {response.status_code}")
            return b""
        return response.content

    def _complain(self, section: str, rule: str, detail: str, is_must: bool = True) -> None:
        self.found.append(Violation(section, rule, detail, is_must, self.variant.uri))

    def _check(self, segment: Segment, data: bytes) -> None:
        if segment.parts and b"".join(self._parts[part.uri] for part in segment.parts) != data:
            self._complain("Estrade", "parts make segments", f"{segment.uri} isn't its parts joined")
        self.bit_rates.append((segment.duration, len(data) * 8))
        if segment.msn % self.probe_every == 0:
            self._probe(segment, data)

    def _probe(self, segment: Segment, data: bytes) -> None:
        if segment.init_uri not in self._inits:
            self._inits[segment.init_uri] = self._fetch(segment.init_uri)
        try:
            measured = probe(self._inits[segment.init_uri], data)
        except (RuntimeError, subprocess.CalledProcessError) as error:
            self._complain("3.1.2", "media", f"{segment.uri} can't be read: {error}")
            return
        if abs(measured.duration - segment.duration) > DURATION_TOLERANCE_S:
            detail = f"{segment.uri} lasts {measured.duration:.3f} s, said to be {segment.duration} s"
            self._complain("4.4.4.1", "EXTINF", detail)
        if not measured.first_is_key:
            self._complain("Estrade", "INDEPENDENT", f"{segment.uri} doesn't begin with a key frame")
        claimed = self.variant.attributes.get("RESOLUTION", "0x0")
        if claimed != f"{measured.size[0]}x{measured.size[1]}":
            self._complain("4.4.6.2", "RESOLUTION", f"{segment.uri} is {measured.size}, said to be {claimed}", False)

    def _check_bandwidth(self) -> Iterator[Violation]:
        peak = peak_bit_rate(self.bit_rates, target_duration=3)
        if peak > self.variant.bandwidth:
            detail = f"{peak:.0f} b/s measured, said to be {self.variant.bandwidth}"
            yield Violation("4.4.6.2", "BANDWIDTH", detail, is_must=False, where=self.variant.uri)


def peak_bit_rate(segments: list[tuple[float, float]], target_duration: float) -> float:
    """The peak segment bit rate (4.1) of segments given as seconds and bits.

    It is the largest of any contiguous run that lasts between half and one and a half target durations.
    """
    seconds = [0.0, *accumulate(length for length, _ in segments)]
    bits = [0.0, *accumulate(size for _, size in segments)]
    peak = 0.0
    for start in range(len(segments)):
        for end in range(start + 1, len(segments) + 1):
            length = seconds[end] - seconds[start]
            if length > 1.5 * target_duration:
                break
            if length >= 0.5 * target_duration:
                peak = max(peak, (bits[end] - bits[start]) / length)
    return peak
