"""Playlists as a strict client reads them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from .violation import Violation

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s][^",]*)(?:,(?=[A-Z0-9-])|$)')
ONCE = (
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-ENDLIST",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-SKIP",
)
MULTIVARIANT = ("EXT-X-STREAM-INF", "EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF")
BEFORE_SEGMENTS = ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE")
BEFORE_PARTS = ("EXT-X-DISCONTINUITY", "EXT-X-MAP", "EXT-X-PROGRAM-DATE-TIME")

Attributes = dict[str, str]
Position = tuple[int, int]


def parse_attributes(text: str) -> Attributes:
    """The attribute list of a tag (4.2). Raises ValueError for what is no attribute list."""
    found: Attributes = {}
    at = 0
    while at < len(text):
        match = ATTRIBUTE.match(text, at)
        if not match or match[1] in found:
            raise ValueError(f"no attribute list: {text}")
        found[match[1]] = match[2].strip('"')
        at = match.end()
    return found


@dataclass(frozen=True)
class Part:
    """A partial segment (4.4.4.9)."""

    uri: str
    duration: float
    is_independent: bool
    is_gap: bool


@dataclass(frozen=True)
class Segment:
    """A media segment; without a URI while only its parts are there."""

    msn: int
    discontinuity_number: int
    uri: str = ""
    duration: float = 0.0
    parts: tuple[Part, ...] = ()
    init_uri: str = ""
    date_time: datetime | None = None
    is_discontinuity: bool = False
    is_gap: bool = False

    @property
    def length(self) -> float:
        """Seconds of media in the playlist."""
        return self.duration if self.uri else sum(part.duration for part in self.parts)


@dataclass
class MediaPlaylist:
    """A media playlist, whole or a delta update."""

    version: int = 1
    target_duration: int = 0
    part_target: float | None = None
    server_control: Attributes = field(default_factory=dict)
    media_sequence: int = 0
    discontinuity_sequence: int = 0
    segments: list[Segment] = field(default_factory=list)
    skipped: int = 0
    hints: list[Attributes] = field(default_factory=list)
    reports: list[Attributes] = field(default_factory=list)
    date_ranges: list[Attributes] = field(default_factory=list)
    is_ended: bool = False
    tags: Counter[str] = field(default_factory=Counter)
    problems: list[Violation] = field(default_factory=list)

    @property
    def position(self) -> Position:
        """Media sequence number and part index of the newest media; a part index of -1 stands for none listed."""
        if not self.segments:
            return (self.media_sequence - 1, -1)
        last = self.segments[-1]
        return (last.msn, len(last.parts) - 1)

    @property
    def next_position(self) -> Position:
        """What a client asks for next (6.3.8)."""
        msn, part = self.position
        return (msn + 1, 0) if not self.segments or self.segments[-1].uri else (msn, part + 1)

    @property
    def length(self) -> float:
        """Seconds of media."""
        return sum(segment.length for segment in self.segments)

    def parts(self) -> Iterator[tuple[int, int, Part]]:
        """Every listed part with its media sequence number and index."""
        for segment in self.segments:
            for index, part in enumerate(segment.parts):
                yield segment.msn, index, part


class MediaPlaylistReader:
    """Reads one media playlist, line by line; what is wrong goes to `playlist.problems`."""

    def __init__(self) -> None:
        self.playlist = MediaPlaylist()
        self._init_uri = ""
        self._discontinuities = 0
        self._pending = Segment(0, 0)
        self._has_extinf = False

    def read(self, text: str) -> MediaPlaylist:
        """Read a whole playlist."""
        lines = text.splitlines()
        if not lines or lines[0] != "#EXTM3U":
            self._complain("4.4.1.1", "EXTM3U", "must be the first line")
        for line in lines[1:]:
            try:
                self._read_line(line)
            except (ValueError, KeyError) as error:
                self._complain("4.2", "syntax", f"{line}: {error!r}")
        if self._pending.parts:
            self._close("", 0.0)
        for tag in ONCE:
            if self.playlist.tags[tag] > 1:
                self._complain("4.4.3", tag, "more than once")
        return self.playlist

    def _complain(self, section: str, rule: str, detail: str) -> None:
        self.playlist.problems.append(Violation(section, rule, detail))

    def _read_line(self, line: str) -> None:
        if not line.startswith("#"):
            if line.strip():
                self._read_uri(line)
        elif line.startswith("#EXT"):
            tag, _, value = line[1:].partition(":")
            self.playlist.tags[tag] += 1
            self._check_place(tag)
            self._read_playlist_tag(tag, value)
            self._read_segment_tag(tag, value)

    def _check_place(self, tag: str) -> None:
        playlist = self.playlist
        if tag in MULTIVARIANT:
            self._complain("4.4.6", tag, "in a media playlist")
        if tag in BEFORE_SEGMENTS and (playlist.segments or self._pending.parts or playlist.skipped):
            self._complain("4.4.3.2", tag, "after the first segment")
        if tag in BEFORE_PARTS and self._pending.parts:
            self._complain("4.4.4.9", tag, "after the first part of its segment")

    def _read_playlist_tag(self, tag: str, value: str) -> None:
        playlist = self.playlist
        match tag:
            case "EXT-X-VERSION":
                playlist.version = int(value)
            case "EXT-X-TARGETDURATION":
                playlist.target_duration = int(value)
            case "EXT-X-MEDIA-SEQUENCE":
                playlist.media_sequence = int(value)
            case "EXT-X-DISCONTINUITY-SEQUENCE":
                playlist.discontinuity_sequence = int(value)
            case "EXT-X-PART-INF":
                playlist.part_target = float(parse_attributes(value)["PART-TARGET"])
            case "EXT-X-SERVER-CONTROL":
                playlist.server_control = parse_attributes(value)
            case "EXT-X-SKIP":
                playlist.skipped = int(parse_attributes(value)["SKIPPED-SEGMENTS"])
            case "EXT-X-PRELOAD-HINT":
                playlist.hints.append(parse_attributes(value))
            case "EXT-X-RENDITION-REPORT":
                playlist.reports.append(parse_attributes(value))
            case "EXT-X-DATERANGE":
                playlist.date_ranges.append(parse_attributes(value))
            case "EXT-X-ENDLIST":
                playlist.is_ended = True

    def _read_segment_tag(self, tag: str, value: str) -> None:
        match tag:
            case "EXT-X-DISCONTINUITY":
                self._discontinuities += 1
                self._pending = replace(self._pending, is_discontinuity=True)
            case "EXT-X-MAP":
                self._init_uri = parse_attributes(value)["URI"]
            case "EXT-X-PROGRAM-DATE-TIME":
                self._pending = replace(self._pending, date_time=self._date_time(value))
            case "EXT-X-GAP":
                self._pending = replace(self._pending, is_gap=True)
            case "EXT-X-PART":
                self._pending = replace(self._pending, parts=(*self._pending.parts, read_part(value)))
            case "EXTINF":
                self._has_extinf = True
                self._pending = replace(self._pending, duration=float(value.partition(",")[0]))

    def _date_time(self, value: str) -> datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            self._complain("4.4.4.6", "EXT-X-PROGRAM-DATE-TIME", f"{value} has no time zone")
        return at.replace(tzinfo=at.tzinfo or UTC)

    def _read_uri(self, uri: str) -> None:
        if not self._has_extinf:
            self._complain("4.4.4.1", "EXTINF", f"missing for {uri}")
        self._close(uri, self._pending.duration)

    def _close(self, uri: str, duration: float) -> None:
        playlist = self.playlist
        msn = playlist.media_sequence + playlist.skipped + len(playlist.segments)
        number = playlist.discontinuity_sequence + self._discontinuities
        named = {"msn": msn, "uri": uri, "init_uri": self._init_uri, "discontinuity_number": number}
        playlist.segments.append(replace(self._pending, duration=duration, **named))  # type: ignore[arg-type]
        self._pending, self._has_extinf = Segment(0, 0), False


def read_part(value: str) -> Part:
    """An EXT-X-PART tag's value."""
    given = parse_attributes(value)
    duration = float(given["DURATION"])
    return Part(given["URI"], duration, given.get("INDEPENDENT") == "YES", given.get("GAP") == "YES")


def parse_media(text: str) -> MediaPlaylist:
    """Read a media playlist or a delta update."""
    return MediaPlaylistReader().read(text)


def resolve_delta(delta: MediaPlaylist, base: MediaPlaylist) -> MediaPlaylist:
    """The whole playlist that a delta update stands for (6.3.7); raises LookupError when `base` lacks what it skips."""
    known = {segment.msn: segment for segment in base.segments}
    wanted = range(delta.media_sequence, delta.media_sequence + delta.skipped)
    if missing := [msn for msn in wanted if msn not in known or not known[msn].uri]:
        raise LookupError(f"skipped segments {missing} were never listed")
    skipped = [known[msn] for msn in wanted]
    if not skipped:
        return delta
    # What is listed counts discontinuities on from the last skipped segment, and keeps its init section.
    offset = skipped[-1].discontinuity_number - delta.discontinuity_sequence
    listed = [
        replace(
            segment,
            discontinuity_number=segment.discontinuity_number + offset,
            init_uri=segment.init_uri or skipped[-1].init_uri,
        )
        for segment in delta.segments
    ]
    return replace(delta, segments=[replace(segment, parts=()) for segment in skipped] + listed, skipped=0)
