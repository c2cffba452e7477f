"""LL-HLS playlists as RFC 8216bis (draft-pantos-hls-rfc8216bis) has them: what they say, written and read back.

A packager that takes over reads the playlists its predecessor left: they are the one record of what viewers saw.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from media_pipeline.date_ranges import TAG as DATE_RANGE
from media_pipeline.date_ranges import DateRange

TARGET_DURATION_S = 3
# Parts are listed for three target durations from the end (RFC 8216bis 4.4.4.9).
_PARTS_LISTED_S = 3 * TARGET_DURATION_S
CAN_SKIP_UNTIL_S = 6 * TARGET_DURATION_S


@dataclass(frozen=True)
class Part:
    """A partial segment; `duration` in seconds."""

    uri: str
    duration: float
    is_independent: bool
    size: int = 0


@dataclass
class Segment:
    """A media segment, open (uri empty) while its parts still come. `at` is the wall clock of its first frame."""

    msn: int
    init_uri: str
    at: datetime
    is_discontinuity: bool = False
    parts: list[Part] = field(default_factory=list)
    uri: str = ""
    duration: float = 0.0
    _texts: dict[bool, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_closed(self) -> bool:
        return bool(self.uri)

    @property
    def length(self) -> float:
        return self.duration if self.is_closed else sum(part.duration for part in self.parts)

    def render(self, *, with_parts: bool) -> str:
        """Its lines in a playlist. Of a closed segment they are kept: they are asked for at each part that comes."""
        text = self._texts.get(with_parts)
        if text is None:
            text = "\n".join(_segment_lines(self, with_parts=with_parts))
            if self.is_closed:
                self._texts[with_parts] = text
        return text


@dataclass(frozen=True)
class Report:
    """Where another rendition stands (EXT-X-RENDITION-REPORT, 4.4.5.4)."""

    uri: str
    last_msn: int
    last_part: int


@dataclass
class MediaPlaylist:
    """One rendition's playlist: its segments, oldest first, the last one perhaps open."""

    part_target_s: float = 0.0
    hold_back_s: float = 1.2
    window_s: float = 36.0
    discontinuity_sequence: int = 0
    segments: list[Segment] = field(default_factory=list)
    is_ended: bool = False
    hint_uri: str = ""
    date_ranges: dict[str, DateRange] = field(default_factory=dict)

    def announce(self, ranges: Iterable[DateRange]) -> None:
        """List date ranges from now on, as they were first told: what one says doesn't change (4.4.5.1)."""
        for one in ranges:
            if self.segments and one.end > self.segments[0].at:
                self.date_ranges.setdefault(one.id, one)

    def drop_old(self) -> list[Segment]:
        """Take segments beyond the window off the front (6.2.2) and answer them."""
        dropped = []
        length = sum(segment.length for segment in self.segments)
        while len(self.segments) > 1 and length - self.segments[0].length >= self.window_s:
            segment = self.segments.pop(0)
            length -= segment.length
            dropped.append(segment)
            # A discontinuity leaves with the segment it stood before (6.2.2).
            self.discontinuity_sequence += segment.is_discontinuity
        # A date range leaves once all of it lies before what is listed.
        begins = self.segments[0].at if self.segments else None
        self.date_ranges = {id: one for id, one in self.date_ranges.items() if begins and one.end > begins}
        return dropped

    def render(self, reports: Iterable[Report] = (), *, skip: bool = False) -> str:
        """The playlist, or with `skip` its delta update (6.2.5.1); the same text when nothing can be skipped."""
        skipped = self._skippable() if skip else 0
        lines = self._head()
        if skipped:
            lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
        # All of them in delta updates too: without CAN-SKIP-DATERANGES none may be left out (6.2.5.1).
        lines += (one.render() for one in self.date_ranges.values())
        oldest_parts = self._oldest_with_parts()
        init_uri = self.segments[skipped - 1].init_uri if skipped else ""
        for index, segment in enumerate(self.segments[skipped:], skipped):
            if segment.is_discontinuity:
                lines.append("#EXT-X-DISCONTINUITY")
            if segment.init_uri != init_uri:
                lines.append(f'#EXT-X-MAP:URI="{segment.init_uri}"')
                init_uri = segment.init_uri
            lines.append(segment.render(with_parts=index >= oldest_parts))
        if self.is_ended:
            lines.append("#EXT-X-ENDLIST")
        else:
            if self.hint_uri:
                lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{self.hint_uri}"')
            lines += (
                f'#EXT-X-RENDITION-REPORT:URI="{report.uri}",LAST-MSN={report.last_msn},LAST-PART={report.last_part}'
                for report in reports
            )
        return "\n".join(lines) + "\n"

    def _head(self) -> list[str]:
        return [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            f"#EXT-X-TARGETDURATION:{TARGET_DURATION_S}",
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={CAN_SKIP_UNTIL_S},"
            f"PART-HOLD-BACK={max(self.hold_back_s, 2 * self.part_target_s):.3f}",
            f"#EXT-X-PART-INF:PART-TARGET={self.part_target_s:.5f}",
            f"#EXT-X-MEDIA-SEQUENCE:{self.segments[0].msn if self.segments else 0}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}",
        ]

    def _oldest_with_parts(self) -> int:
        length = 0.0
        for index in range(len(self.segments) - 1, -1, -1):
            if length >= _PARTS_LISTED_S:
                return index + 1
            length += self.segments[index].length
        return 0

    def _skippable(self) -> int:
        """Segments further from the end than CAN-SKIP-UNTIL, unless the listing has ended (4.4.5.2)."""
        if self.is_ended:
            return 0
        length, count = 0.0, len(self.segments)
        for segment in reversed(self.segments):
            if length >= CAN_SKIP_UNTIL_S:
                break
            # The boundary is measured from the last whole segment (6.2.5.1).
            length += segment.duration
            count -= 1
        return count


def _segment_lines(segment: Segment, *, with_parts: bool) -> list[str]:
    at = segment.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = [f"#EXT-X-PROGRAM-DATE-TIME:{at}"]
    if with_parts:
        lines += (
            f'#EXT-X-PART:DURATION={part.duration:.5f},URI="{part.uri}"' + ",INDEPENDENT=YES" * part.is_independent
            for part in segment.parts
        )
    if segment.is_closed:
        lines += [f"#EXTINF:{segment.duration:.5f},", segment.uri]
    return lines


@dataclass(frozen=True)
class Variant:
    """A line of the multivariant playlist. Rates in bits per second, measured, not promised."""

    name: str
    bandwidth: int
    average_bandwidth: int
    codecs: str
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0


def render_multivariant(variants: Sequence[Variant], *, uri: str = "{name}/media.m3u8") -> str:
    """The multivariant playlist (4.4.6), best rendition first; `uri` says where each one's playlist is."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:9"]
    for variant in variants:
        attributes = [
            f"BANDWIDTH={variant.bandwidth}",
            f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
            f'CODECS="{variant.codecs}"',
        ]
        if variant.width:
            attributes.append(f"RESOLUTION={variant.width}x{variant.height}")
        if variant.frame_rate:
            attributes.append(f"FRAME-RATE={variant.frame_rate:.3f}")
        lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", uri.format(name=variant.name)]
    return "\n".join(lines) + "\n"


_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')


def _attributes(text: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}


def _date_ranges_in(text: str) -> dict[str, DateRange]:
    """Those that can be read: an announcement never costs the stream."""
    found: dict[str, DateRange] = {}
    for line in text.splitlines():
        tag, _, value = line.partition(":")
        if tag == DATE_RANGE:
            with suppress(ValueError):
                one = DateRange.parse(_attributes(value))
                found[one.id] = one
    return found


def parse_own(text: str) -> MediaPlaylist:
    """Read back a playlist that `MediaPlaylist.render` wrote whole. Raises ValueError for anything else."""
    if not text.startswith("#EXTM3U"):
        raise ValueError("not a playlist")
    playlist = MediaPlaylist(date_ranges=_date_ranges_in(text))
    segment: Segment | None = None
    msn, init_uri, discontinuity = 0, "", False
    for line in text.splitlines():
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MEDIA-SEQUENCE":
            msn = int(value)
        elif tag == "#EXT-X-DISCONTINUITY-SEQUENCE":
            playlist.discontinuity_sequence = int(value)
        elif tag == "#EXT-X-PART-INF":
            playlist.part_target_s = float(_attributes(value)["PART-TARGET"])
        elif tag == "#EXT-X-DISCONTINUITY":
            discontinuity = True
        elif tag == "#EXT-X-MAP":
            init_uri = _attributes(value)["URI"]
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            segment = Segment(msn, init_uri, datetime.fromisoformat(value), discontinuity)
            playlist.segments.append(segment)
            msn, discontinuity = msn + 1, False
        elif tag == "#EXT-X-PART" and segment is not None:
            given = _attributes(value)
            segment.parts.append(Part(given["URI"], float(given["DURATION"]), "INDEPENDENT" in given))
        elif tag == "#EXTINF" and segment is not None:
            segment.duration = float(value.rstrip(","))
        elif tag == "#EXT-X-ENDLIST":
            playlist.is_ended = True
        elif line and not line.startswith("#") and segment is not None:
            segment.uri = line
    return playlist
