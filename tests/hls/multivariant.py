"""The multivariant playlist (RFC 8216bis 4.4.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .playlist import Attributes, parse_attributes
from .violation import Violation

VIDEO = re.compile(r"(avc[13]|hvc1|hev1|av01|vp09)\.")
MEDIA_TAGS = ("#EXTINF", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-PART", "#EXT-X-ENDLIST")


@dataclass(frozen=True)
class Variant:
    """A line of the multivariant playlist."""

    uri: str
    attributes: Attributes

    @property
    def has_video(self) -> bool:
        return bool(VIDEO.search(self.attributes.get("CODECS", "")))

    @property
    def bandwidth(self) -> int:
        return int(self.attributes.get("BANDWIDTH", "0"))


@dataclass
class MultivariantPlaylist:
    """All variants, and what was wrong with the text."""

    variants: list[Variant] = field(default_factory=list)
    problems: list[Violation] = field(default_factory=list)


def parse_multivariant(text: str) -> MultivariantPlaylist:
    """Read a multivariant playlist."""
    playlist = MultivariantPlaylist()
    pending: Attributes | None = None
    lines = text.splitlines()
    if not lines or lines[0] != "#EXTM3U":
        playlist.problems.append(Violation("4.4.1.1", "EXTM3U", "must be the first line"))
    for line in lines[1:]:
        if line.startswith(MEDIA_TAGS):
            playlist.problems.append(Violation("4.4.3", line.partition(":")[0], "in a multivariant playlist"))
        elif line.startswith("#EXT-X-STREAM-INF:"):
            try:
                pending = parse_attributes(line.partition(":")[2])
            except ValueError as error:
                playlist.problems.append(Violation("4.2", "syntax", str(error)))
        elif line and not line.startswith("#"):
            if pending is None:
                playlist.problems.append(Violation("4.4.6.2", "EXT-X-STREAM-INF", f"missing before {line}"))
            playlist.variants.append(Variant(line, pending or {}))
            pending = None
    if pending is not None:
        playlist.problems.append(Violation("4.4.6.2", "EXT-X-STREAM-INF", "without a URI"))
    return playlist


def check_multivariant(playlist: MultivariantPlaylist) -> Iterator[Violation]:
    """Every rule that one multivariant playlist can break."""
    yield from playlist.problems
    if not playlist.variants:
        yield Violation("4.4.6.2", "EXT-X-STREAM-INF", "no variant")
    for variant in playlist.variants:
        yield from (violation.at(variant.uri) for violation in check_variant(variant))
    uris = [variant.uri for variant in playlist.variants]
    if len(set(uris)) < len(uris):
        yield Violation("Estrade", "variants", "one rendition is listed twice")


def check_variant(variant: Variant) -> Iterator[Violation]:
    """RFC 8216bis 4.4.6.2; what it only recommends for video we promise."""
    given = variant.attributes
    if not given.get("BANDWIDTH", "").isdigit() or variant.bandwidth == 0:
        yield Violation("4.4.6.2", "BANDWIDTH", f"{given.get('BANDWIDTH')!r} is no bit rate")
    elif int(given.get("AVERAGE-BANDWIDTH", "0")) > variant.bandwidth:
        yield Violation("4.4.6.2", "AVERAGE-BANDWIDTH", "above BANDWIDTH")
    if not given.get("CODECS"):
        yield Violation("4.4.6.2", "CODECS", "missing", is_must=False)
    if not variant.has_video:
        return
    if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", given.get("RESOLUTION", "")):
        yield Violation("Estrade", "RESOLUTION", f"{given.get('RESOLUTION')!r} is no size")
    if not re.fullmatch(r"\d+(\.\d{1,3})?", given.get("FRAME-RATE", "")) or float(given["FRAME-RATE"]) <= 0:
        yield Violation("Estrade", "FRAME-RATE", f"{given.get('FRAME-RATE')!r} is no frame rate")
