"""What a recording's playlist says: which bytes of one growing file are which segment (RFC 8216bis 4.4.4.2).

The playlist is the index. A recorder appends to it (EXT-X-PLAYLIST-TYPE:EVENT), the edge sends it as it lies to
viewers who rewind, and once the broadcast is over it is read back and written anew for on-demand playback.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from media_pipeline.playlist import CAN_SKIP_UNTIL_S, TARGET_DURATION_S


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A stretch of a file."""

    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size

    def __str__(self) -> str:
        return f"{self.size}@{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "ByteRange":
        """Read `size@offset`; raises ValueError for anything else."""
        size, _, offset = text.partition("@")
        return cls(int(offset), int(size))


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded segment. `media` is None for a gap: the rendition had no such segment. `init` is its init section."""

    duration: float
    at: datetime
    media: ByteRange | None
    init: ByteRange | None
    is_discontinuity: bool = False


@dataclass
class Index:
    """A rendition's entries in order; their media sequence numbers count from `first_msn`.

    `text_length` is how much of the text that was read holds whole entries.
    """

    first_msn: int = 0
    entries: list[Entry] = field(default_factory=list)
    is_ended: bool = False
    text_length: int = 0

    @property
    def duration_s(self) -> float:
        return sum(entry.duration for entry in self.entries)

    @property
    def recorded_s(self) -> float:
        """Seconds that are there, gaps not counted."""
        return sum(entry.duration for entry in self.entries if entry.media)

    @property
    def media_end(self) -> int:
        """How many bytes of the file are spoken for."""
        return max((entry.media.end for entry in self.entries if entry.media), default=0)

    def runs(self) -> Iterator[list[Entry]]:
        """Entries in stretches that one decoder plays through: one clock, one init section, no gap."""
        run: list[Entry] = []
        for entry in self.entries:
            if run and (entry.is_discontinuity or entry.media is None or entry.init != run[-1].init):
                yield run
                run = []
            if entry.media is not None:
                run.append(entry)
        if run:
            yield run


def file_of(name: str) -> str:
    return f"{name}.mp4"


def playlist_of(name: str) -> str:
    return f"{name}.m3u8"


def delta_of(name: str) -> str:
    return f"{name}.delta.m3u8"


def render_head(first_msn: int) -> str:
    """The first lines of a recording that still grows."""
    return (
        "#EXTM3U\n#EXT-X-VERSION:9\n"
        f"#EXT-X-TARGETDURATION:{TARGET_DURATION_S}\n"
        f"#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL={CAN_SKIP_UNTIL_S}\n"
        "#EXT-X-PLAYLIST-TYPE:EVENT\n"
        f"#EXT-X-MEDIA-SEQUENCE:{first_msn}\n"
    )


def render_entry(entry: Entry, init_before: ByteRange | None, uri: str) -> str:
    """An entry's lines; `init_before` is the init section that the entry before it used."""
    lines = ["#EXT-X-DISCONTINUITY"] if entry.is_discontinuity else []
    if entry.init is not None and entry.init != init_before:
        lines.append(f'#EXT-X-MAP:URI="{uri}",BYTERANGE="{entry.init}"')
    at = entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at}", f"#EXTINF:{entry.duration:.5f},"]
    lines.append(f"#EXT-X-BYTERANGE:{entry.media}" if entry.media else "#EXT-X-GAP")
    return "\n".join([*lines, uri, ""])


def render_delta(first_msn: int, recent: Sequence[tuple[float, str]], count: int) -> str:
    """The delta update (6.2.5.1) of a recording with `count` entries; `recent` are the last ones, length and lines."""
    length, kept = 0.0, 0
    for duration, _ in reversed(recent):
        if length >= CAN_SKIP_UNTIL_S:
            break
        length, kept = length + duration, kept + 1
    skipped = count - kept
    skip = f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n" if skipped else ""
    return render_head(first_msn) + skip + "".join(text for _, text in list(recent)[len(recent) - kept :])


def parse_index(text: str) -> Index:
    """Read back what `render_head` and `render_entry` wrote; a torn last entry is left out.

    Raises ValueError for what is no such playlist.
    """
    if not text.startswith("#EXTM3U\n"):
        raise ValueError("not a playlist")
    index, position = Index(), 0
    init: ByteRange | None = None
    pending = _Pending()
    for line in text.splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        position += len(line)
        tag, _, value = line.rstrip("\n").partition(":")
        if tag == "#EXT-X-MEDIA-SEQUENCE":
            index.first_msn = int(value)
            index.text_length = position
        elif tag == "#EXT-X-MAP":
            pending.init = ByteRange.parse(value.rpartition('BYTERANGE="')[2].rstrip('"'))
        elif tag == "#EXT-X-ENDLIST":
            index.is_ended = True
        elif line.startswith("#"):
            pending.read(tag, value)
        else:
            entry = pending.close(init)
            init = entry.init
            index.entries.append(entry)
            index.text_length = position
            pending = _Pending()
    return index


@dataclass
class _Pending:
    """An entry while its lines come."""

    init: ByteRange | None = None
    media: ByteRange | None = None
    duration: float = 0.0
    at: datetime | None = None
    is_discontinuity: bool = False

    def read(self, tag: str, value: str) -> None:
        if tag == "#EXT-X-DISCONTINUITY":
            self.is_discontinuity = True
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            self.at = datetime.fromisoformat(value)
        elif tag == "#EXTINF":
            self.duration = float(value.rstrip(","))
        elif tag == "#EXT-X-BYTERANGE":
            self.media = ByteRange.parse(value)

    def close(self, init_before: ByteRange | None) -> Entry:
        if self.at is None or not self.duration:
            raise ValueError("segment without a time")
        return Entry(self.duration, self.at, self.media, self.init or init_before, self.is_discontinuity)


def pad(index: Index, whole: Index) -> Index:
    """The index with gaps for what the source has and this rendition hasn't, so that players can change over."""
    if not whole.entries:
        return index
    before = max(0, min(index.first_msn - whole.first_msn, len(whole.entries)))
    missing = [_gap(entry) for entry in whole.entries[:before]]
    entries = [*missing, *index.entries[max(0, whole.first_msn - index.first_msn) :]][: len(whole.entries)]
    entries += (_gap(entry) for entry in whole.entries[len(entries) :])
    return Index(whole.first_msn, entries, index.is_ended)


def _gap(entry: Entry) -> Entry:
    return Entry(entry.duration, entry.at, None, None, entry.is_discontinuity)


def render_vod(chapters: Iterable[tuple[Index, str]]) -> str:
    """One on-demand playlist over recordings that follow each other, each with the address of its file."""
    chapters = list(chapters)
    longest = max((entry.duration for index, _ in chapters for entry in index.entries), default=TARGET_DURATION_S)
    lines = [
        "#EXTM3U\n#EXT-X-VERSION:7\n",
        f"#EXT-X-TARGETDURATION:{max(TARGET_DURATION_S, int(longest + 0.5))}\n",
        "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n",
    ]
    for number, (index, uri) in enumerate(chapters):
        init: ByteRange | None = None
        if number and index.entries and not index.entries[0].is_discontinuity:
            lines.append("#EXT-X-DISCONTINUITY\n")
        for entry in index.entries:
            lines.append(render_entry(entry, init, uri))
            init = entry.init or init
    return "".join([*lines, "#EXT-X-ENDLIST\n"])
