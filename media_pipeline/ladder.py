"""Renditions: which there are and how they are encoded."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass

SOURCE, AUDIO = "source", "audio"
SOURCE_COST, LOWER_COST = 2, 1

# Bits per pixel and second at 30 fps that x264 veryfast needs to look decent, in thousandths.
_MILLIBITS_PER_PIXEL = {1080: 2000, 720: 2500, 480: 3000, 360: 3600, 240: 4200}


@dataclass(frozen=True)
class Rendition:
    """A lower rendition: `height` in pixels, `bitrate_bps` as the ceiling of its encoder."""

    name: str
    height: int
    bitrate_bps: int


def parse_ladder(text: str) -> tuple[Rendition, ...]:
    """The lower renditions a setting names, e.g. `720p,480p`, or `480p:1200k` with a rate of its own.

    Highest first. Raises ValueError naming the part that is wrong.
    """
    return tuple(sorted(_parse(text), key=lambda rendition: -rendition.height))


def _parse(text: str) -> Iterator[Rendition]:
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(?P<height>\d{3,4})p(?::(?P<rate>\d{2,5})k)?", part)
        if match is None:
            raise ValueError(f"{part!r} is no rendition; write e.g. 480p or 480p:1200k")
        height = int(match["height"])
        if height % 2 or not 144 <= height <= 2160:
            raise ValueError(f"{part!r}: a height is even and from 144 to 2160")
        rate = int(match["rate"]) * 1000 if match["rate"] else default_bitrate(height)
        yield Rendition(f"{height}p", height, rate)


def default_bitrate(height: int) -> int:
    """Ceiling for a 16:9 picture of this height, in bits per second."""
    nearest = min(_MILLIBITS_PER_PIXEL, key=lambda known: abs(known - height))
    pixels = height * height * 16 // 9
    return round(pixels * _MILLIBITS_PER_PIXEL[nearest] / 1000 / 100_000) * 100_000


class EncoderBudget:
    """How much a node may encode at once, in units: a lower rendition is one, a re-encoded source two."""

    def __init__(self, units: int) -> None:
        self._free = units
        self._lock = threading.Lock()

    def take(self, units: int) -> bool:
        """Take units when they are free; whoever gets none goes without that encoder."""
        with self._lock:
            if units > self._free:
                return False
            self._free -= units
            return True

    def give(self, units: int) -> None:
        with self._lock:
            self._free += units
