"""Playlists of an imagined broadcast, written independently of the packager's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
TARGET_DURATION = 3
SKIP_UNTIL = 18


@dataclass(frozen=True)
class Broadcast:
    """Two renditions over some segments, each given by its parts' durations; a playlist keeps `window` segments."""

    segments: tuple[tuple[float, ...], ...]
    discontinuities: frozenset[int] = frozenset()
    window: int = 16
    part_target: float = 0.34
    renditions: tuple[str, ...] = ("source", "audio")
    pauses: dict[int, float] = field(default_factory=dict)
    # When each break begins after the broadcast, and how long it is planned to be.
    breaks: tuple[tuple[float, float], ...] = ()

    def positions(self) -> list[tuple[int, int]]:
        """Every part, in the order of its appearance."""
        return [(msn, part) for msn, parts in enumerate(self.segments) for part in range(len(parts))]

    def is_closed(self, msn: int, newest: tuple[int, int]) -> bool:
        """Whether a segment is whole once `newest` is there."""
        return msn < newest[0] or newest[1] == len(self.segments[msn]) - 1

    def begins_at(self, msn: int) -> datetime:
        """When a segment's first frame was taken."""
        seconds = sum(sum(parts) for parts in self.segments[:msn])
        seconds += sum(pause for at, pause in self.pauses.items() if at <= msn)
        return BEGAN + timedelta(seconds=seconds)

    def fetched_at(self, newest: tuple[int, int]) -> float:
        """When a part is there, in seconds since the epoch."""
        msn, part = newest
        return self.begins_at(msn).timestamp() + sum(self.segments[msn][: part + 1])

    def init_uri(self, msn: int) -> str:
        return f"1-init{sum(at <= msn for at in self.discontinuities)}.mp4"

    def playlist(
        self, newest: tuple[int, int], rendition: str = "source", *, skip: bool = False, ended: bool = False
    ) -> str:
        """The rendition's playlist with `newest` as its last part."""
        first = max(0, newest[0] - self.window + 1)
        skipped = self._skippable(first, newest) if skip and not ended else 0
        lines = self._head(first)
        lines += [f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"] if skipped else []
        lines += self._breaks(self.begins_at(first))
        for msn in range(first + skipped, newest[0] + 1):
            lines += self._segment(msn, newest, is_first=msn == first)
        if ended:
            lines.append("#EXT-X-ENDLIST")
        else:
            lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{self._hint(newest)}"')
            others = [other for other in self.renditions if other != rendition]
            lines += [
                f'#EXT-X-RENDITION-REPORT:URI="../{other}/media.m3u8",LAST-MSN={newest[0]},LAST-PART={newest[1]}'
                for other in others
            ]
        return "\n".join(lines) + "\n"

    def _head(self, first: int) -> list[str]:
        return [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            f"#EXT-X-TARGETDURATION:{TARGET_DURATION}",
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={SKIP_UNTIL},PART-HOLD-BACK=1.2",
            f"#EXT-X-PART-INF:PART-TARGET={self.part_target}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{sum(at < first for at in self.discontinuities)}",
        ]

    def _breaks(self, since: datetime) -> list[str]:
        """Those of which something lies after a time."""
        listed = []
        for number, (after_s, planned_s) in enumerate(self.breaks, 1):
            at = BEGAN + timedelta(seconds=after_s)
            named = (
                f'ID="break-{number}",CLASS="org.example.break",START-DATE="{at.isoformat(timespec="milliseconds")}"'
            )
            if at + timedelta(seconds=planned_s) > since:
                listed.append(f"#EXT-X-DATERANGE:{named},PLANNED-DURATION={planned_s:.3f}")
        return listed

    def _segment(self, msn: int, newest: tuple[int, int], *, is_first: bool) -> list[str]:
        lines = ["#EXT-X-DISCONTINUITY"] if msn in self.discontinuities else []
        if is_first or msn in self.discontinuities:
            lines.append(f'#EXT-X-MAP:URI="{self.init_uri(msn)}"')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{self.begins_at(msn).isoformat(timespec='milliseconds')}")
        is_closed = self.is_closed(msn, newest)
        known = self.segments[msn] if is_closed else self.segments[msn][: newest[1] + 1]
        after = sum(sum(parts) for parts in self.segments[msn + 1 : newest[0]])
        after += sum(self.segments[newest[0]][: newest[1] + 1]) if msn < newest[0] else 0
        if after <= 3 * TARGET_DURATION:
            lines += [self._part(msn, index, duration) for index, duration in enumerate(known)]
        if is_closed:
            lines += [f"#EXTINF:{sum(known):.5f},", f"1-{msn}.m4s"]
        return lines

    @staticmethod
    def _part(msn: int, index: int, duration: float) -> str:
        return f'#EXT-X-PART:DURATION={duration:.5f},URI="1-{msn}.{index}.m4s"' + ",INDEPENDENT=YES" * (index == 0)

    def _hint(self, newest: tuple[int, int]) -> str:
        msn, part = newest
        return f"1-{msn + 1}.0.m4s" if self.is_closed(msn, newest) else f"1-{msn}.{part + 1}.m4s"

    def _skippable(self, first: int, newest: tuple[int, int]) -> int:
        distance, count = 0.0, 0
        for msn in range(newest[0] if self.is_closed(newest[0], newest) else newest[0] - 1, first - 1, -1):
            count += distance >= SKIP_UNTIL - 0.0001
            distance += sum(self.segments[msn])
        return count

    def multivariant(self) -> str:
        """The multivariant playlist."""
        lines = ["#EXTM3U", "#EXT-X-VERSION:9"]
        for rendition in self.renditions:
            video = ',RESOLUTION=1280x720,FRAME-RATE=30.000,CODECS="avc1.64001f,mp4a.40.2"'
            rest = ',CODECS="mp4a.40.2"' if rendition == "audio" else video
            lines += [f"#EXT-X-STREAM-INF:BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2500000{rest}", f"{rendition}/media.m3u8"]
        return "\n".join(lines) + "\n"

    def with_interruption(self, msn: int, seconds: float) -> Broadcast:
        """The same with the encoder away for some time before a segment."""
        return replace(self, discontinuities=self.discontinuities | {msn}, pauses={**self.pauses, msn: seconds})


def usual(count: int = 24) -> Broadcast:
    """Two-second segments of six parts, a break that leaves the playlist as its window moves on and one that stays."""
    third = 1 / 3
    return Broadcast(tuple((third,) * 6 for _ in range(count)), breaks=((2, 6), (11, 30)))
