"""What the renditions of one presentation must have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from posixpath import join, normpath

from .playlist import Attributes, MediaPlaylist, Position, Segment
from .reload_rules import Snapshot
from .violation import Violation

# One frame of AAC at 44.1 kHz is 23 ms: where sound can't be cut, it isn't.
ALIGNED_WITHIN_S = 0.05
# How far two playlists that are written one after the other may be apart when they are fetched.
REPORT_SLACK_S = 1.5

Tracks = Mapping[str, Sequence[Snapshot]]


def check_presentation(tracks: Tracks) -> Iterator[Violation]:
    """Every rule between renditions; `tracks` maps a playlist's address relative to the multivariant one's."""
    names = [name for name in tracks if tracks[name]]
    for one, other in pairwise(names):
        yield from check_same_header(one, other, tracks)
        yield from check_alignment(one, other, tracks)
        yield from check_date_ranges(one, other, tracks)
    for name in names:
        for snapshot in tracks[name]:
            found = check_reports(name, snapshot, tracks)
            yield from (violation.at(f"{name} {snapshot.fetched_at:.3f}") for violation in found)


def check_same_header(one: str, other: str, tracks: Tracks) -> Iterator[Violation]:
    """RFC 8216bis 6.2.4: the same target duration and the same EXT-X-SERVER-CONTROL."""
    first, second = tracks[one][-1].playlist, tracks[other][-1].playlist
    for what in ("target_duration", "server_control"):
        if getattr(first, what) != getattr(second, what):
            detail = f"{one} has {getattr(first, what)}, {other} {getattr(second, what)}"
            yield Violation("6.2.4", what, detail)


def all_segments(snapshots: Sequence[Snapshot]) -> dict[int, Segment]:
    """Each segment that was ever listed, in its last shape."""
    return {segment.msn: segment for snapshot in snapshots for segment in snapshot.playlist.segments}


def check_alignment(one: str, other: str, tracks: Tracks) -> Iterator[Violation]:
    """RFC 8216bis 6.2.4: matching content has matching times and discontinuity numbers; we number it alike, too."""
    first, second = all_segments(tracks[one]), all_segments(tracks[other])
    for msn in sorted(first.keys() & second.keys()):
        a, b = first[msn], second[msn]
        where = f"{one} and {other}, segment {msn}"
        if a.discontinuity_number != b.discontinuity_number:
            detail = f"{a.discontinuity_number} and {b.discontinuity_number}"
            yield Violation("6.2.4", "discontinuity number", detail, where=where)
        if a.date_time and b.date_time and abs((a.date_time - b.date_time).total_seconds()) > ALIGNED_WITHIN_S:
            yield Violation("6.2.4", "alignment", f"begin at {a.date_time} and {b.date_time}", where=where)
        if a.uri and b.uri and abs(a.duration - b.duration) > 2 * ALIGNED_WITHIN_S:
            yield Violation("6.2.4", "alignment", f"last {a.duration} and {b.duration} s", where=where)


def check_date_ranges(one: str, other: str, tracks: Tracks) -> Iterator[Violation]:
    """RFC 8216bis 6.2.4: a date range is the same in every rendition that lists it."""
    first, second = all_date_ranges(tracks[one]), all_date_ranges(tracks[other])
    for id in sorted(first.keys() & second.keys()):
        if first[id] != second[id]:
            detail = f"{one} has {first[id]}, {other} {second[id]}"
            yield Violation("6.2.4", "date ranges of renditions", detail)


def all_date_ranges(snapshots: Sequence[Snapshot]) -> dict[str, Attributes]:
    """Each date range that was ever listed, as it was last."""
    return {given.get("ID", ""): given for snapshot in snapshots for given in snapshot.playlist.date_ranges}


def check_reports(name: str, snapshot: Snapshot, tracks: Tracks) -> Iterator[Violation]:
    """RFC 8216bis 4.4.5.4: a report for every other rendition, as up to date as the playlist it is in."""
    playlist = snapshot.playlist
    if playlist.is_ended or not playlist.segments:
        return
    reported = {normpath(join(name, "..", report.get("URI", ""))): report for report in playlist.reports}
    if name in reported:
        yield Violation("4.4.5.4", "EXT-X-RENDITION-REPORT", "of the playlist itself")
    for other in tracks:
        if other == name:
            continue
        if other not in reported:
            yield Violation("4.4.5.4", "EXT-X-RENDITION-REPORT", f"none of {other}")
            continue
        claimed = reported_position(reported[other], playlist)
        low, high = bounds(tracks[other], snapshot.fetched_at)
        if not low <= claimed <= high:
            detail = f"{other} said to be at {claimed}, seen from {low} to {high}"
            yield Violation("4.4.5.4", "EXT-X-RENDITION-REPORT", detail)
    for stranger in reported.keys() - set(tracks):
        yield Violation("4.4.5.4", "EXT-X-RENDITION-REPORT", f"of {stranger}, which is no rendition")


def reported_position(report: Mapping[str, str], playlist: MediaPlaylist) -> Position:
    """What a report says; a left out attribute is the reporting playlist's own (4.4.5.4)."""
    msn, part = playlist.position
    return int(report.get("LAST-MSN", msn)), int(report.get("LAST-PART", part))


def bounds(snapshots: Sequence[Snapshot], at: float) -> tuple[Position, Position]:
    """Between which positions a rendition was around a time, as far as it was watched then."""
    before = [snapshot for snapshot in snapshots if snapshot.fetched_at <= at - REPORT_SLACK_S]
    after = [snapshot for snapshot in snapshots if snapshot.fetched_at >= at + REPORT_SLACK_S]
    lowest = before[-1].playlist.position if before else (0, -1)
    highest = after[0].playlist.position if after else (10**15, 0)
    return lowest, highest
