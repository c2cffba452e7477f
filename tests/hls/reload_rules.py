"""What may change between two reloads of a media playlist, and what an answer to a delivery directive must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from .media_rules import range_end
from .playlist import Attributes, MediaPlaylist, Position, Segment
from .violation import Violation

ROUNDING_S = 0.001
LATE_TOLERANCE_S = 1.0
LATE_PART_TOLERANCE_S = 0.5


@dataclass(frozen=True)
class Snapshot:
    """One answer: the whole playlist (a delta update already resolved), when it came, and what was asked for."""

    fetched_at: float
    playlist: MediaPlaylist
    asked: Position | None = None
    asked_skip: bool = False
    skipped: int = 0


def check_reloads(snapshots: Sequence[Snapshot]) -> Iterator[Violation]:
    """Every rule that a sequence of answers can break, oldest first."""
    for snapshot in snapshots:
        yield from (violation.at(f"{snapshot.fetched_at:.3f}") for violation in check_answer(snapshot))
    for before, after in pairwise(snapshots):
        found = [*check_step(before.playlist, after.playlist), *check_date_ranges(before, after)]
        yield from (violation.at(f"{after.fetched_at:.3f}") for violation in found)
    yield from check_pace(snapshots)


def check_answer(snapshot: Snapshot) -> Iterator[Violation]:
    """RFC 8216bis 6.2.5.1 and 6.2.5.2."""
    playlist, asked = snapshot.playlist, snapshot.asked
    if playlist.is_ended:
        if snapshot.skipped:
            yield Violation("6.2.5.1", "_HLS_skip", "must be ignored once the playlist has ended")
        return
    if asked and not has_position(playlist, asked):
        yield Violation("6.2.5.2", "blocking reload", f"asked for {asked}, answered with {playlist.position}")
    skippable = count_skippable(playlist, -ROUNDING_S)
    if snapshot.skipped > skippable:
        detail = f"{snapshot.skipped} segments, but only {skippable} are beyond the skip boundary"
        yield Violation("6.2.5.1", "skip boundary", detail)
    if snapshot.asked_skip and count_skippable(playlist, ROUNDING_S) and not snapshot.skipped:
        yield Violation("6.2.5.1", "_HLS_skip", "asked for a delta update, answered with the whole")


def has_position(playlist: MediaPlaylist, asked: Position) -> bool:
    """Whether a playlist has a part; one beyond the last of its segment stands for the next segment's first."""
    msn, part = playlist.position
    return (msn, part) >= asked


def count_skippable(playlist: MediaPlaylist, slack_s: float) -> int:
    """How many segments a delta update may skip (6.2.5.1): those further than the boundary from the last whole one."""
    boundary = float(playlist.server_control.get("CAN-SKIP-UNTIL", "inf")) + slack_s
    distance, count = 0.0, 0
    for segment in reversed([segment for segment in playlist.segments if segment.uri]):
        count += distance >= boundary
        distance += segment.duration
    return count


def check_step(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 6.2.1: the few changes that are allowed."""
    for name in ("target_duration", "server_control", "part_target"):
        if getattr(before, name) != getattr(after, name):
            yield Violation("6.2.1", name, f"changed from {getattr(before, name)} to {getattr(after, name)}")
    if after.media_sequence < before.media_sequence:
        detail = f"went back from {before.media_sequence} to {after.media_sequence}"
        yield Violation("6.2.2", "EXT-X-MEDIA-SEQUENCE", detail)
    if after.discontinuity_sequence < before.discontinuity_sequence:
        detail = f"went back from {before.discontinuity_sequence} to {after.discontinuity_sequence}"
        yield Violation("6.2.2", "EXT-X-DISCONTINUITY-SEQUENCE", detail)
    if after.position < before.position:
        yield Violation("6.2.1", "position", f"went back from {before.position} to {after.position}")
    if before.is_ended and (not after.is_ended or after.position != before.position):
        yield Violation("4.4.3.4", "EXT-X-ENDLIST", "something came after it")
    if after.media_sequence > before.position[0] + 1:
        yield Violation("6.2.2", "EXT-X-MEDIA-SEQUENCE", "jumped over segments that were never listed")
    known = {segment.msn: segment for segment in before.segments}
    for segment in after.segments:
        if segment.msn in known:
            yield from check_same(known[segment.msn], segment)
    yield from check_hint_kept(before, after)


def check_same(before: Segment, after: Segment) -> Iterator[Violation]:
    """RFC 8216bis 6.2.1: a segment stays what it is; parts are only added to its end or removed all at once."""
    name = f"segment {after.msn}"
    for what in ("init_uri", "date_time", "is_discontinuity"):
        if getattr(before, what) != getattr(after, what):
            detail = f"{name}: {what} changed from {getattr(before, what)} to {getattr(after, what)}"
            yield Violation("6.2.1", "immutable", detail)
    if before.uri and (before.uri, before.duration) != (after.uri, after.duration):
        yield Violation("6.2.1", "immutable", f"{name} was {before.uri} {before.duration}, now {after.uri}")
    if before.discontinuity_number != after.discontinuity_number:
        detail = f"{name}: {before.discontinuity_number}, now {after.discontinuity_number}"
        yield Violation("6.2.2", "discontinuity number", detail)
    if not after.parts and after.uri:
        return
    if not before.parts and before.uri:
        yield Violation("6.2.2", "order of removal", f"{name}: parts came back")
    elif after.parts[: len(before.parts)] != before.parts:
        yield Violation("6.2.1", "immutable", f"{name}: parts changed")
    elif before.uri and len(after.parts) > len(before.parts):
        yield Violation("6.2.1", "immutable", f"{name}: parts were added after its end")


def check_hint_kept(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 4.4.5.3: the part that comes is the one that was hinted at. 6.2.6: unless plans changed.

    Another packager took over, or the encoder came back: both begin anew.
    """
    hinted = next((hint["URI"] for hint in before.hints if hint.get("TYPE") == "PART" and "URI" in hint), None)
    listed = ((segment, index) for segment in after.segments for index in range(len(segment.parts)))
    first = next(((segment, index) for segment, index in listed if (segment.msn, index) > before.position), None)
    if first is None or first[0].is_discontinuity or not before.segments:
        return
    uri = first[0].parts[first[1]].uri
    newest = before.segments[-1]
    reference = hinted or (newest.parts[-1].uri if newest.parts else newest.uri)
    if uri.partition("-")[0] != reference.partition("-")[0]:
        return
    if hinted is None:
        yield Violation("Estrade", "EXT-X-PRELOAD-HINT", f"none after {before.position}, then came {uri}")
    elif uri != hinted:
        # Nobody knows how long a segment gets before it ends.
        is_other_segment = first[1] == 0 or hinted.endswith(".0.m4s")
        yield Violation("4.4.5.3", "hint", f"hinted at {hinted}, then came {uri}", is_must=not is_other_segment)


def check_date_ranges(before: Snapshot, after: Snapshot) -> Iterator[Violation]:
    """RFC 8216bis 4.4.5.1: a date range never changes. 6.2.5.1: a delta update has all of them.

    One may go once all of it lies before the first segment.
    """
    listed = {given.get("ID"): given for given in after.playlist.date_ranges}
    begins = next((segment.date_time for segment in after.playlist.segments), None)
    for known in before.playlist.date_ranges:
        now = listed.get(known.get("ID"))
        if now is None:
            if begins is None or ends_after(known, begins):
                rule = ("6.2.5.1", "date ranges of a delta update") if after.skipped else ("Estrade", "lost date range")
                yield Violation(*rule, f"{known} isn't listed any more")
        elif now != known:
            yield Violation("4.4.5.1", "EXT-X-DATERANGE", f"changed from {known} to {now}")


def ends_after(given: Attributes, at: datetime) -> bool:
    """Whether some of a date range lies after a time; of one that can't be read nobody knows."""
    try:
        return range_end(given) > at
    except (KeyError, ValueError, OverflowError, TypeError):
        return False


def check_pace(snapshots: Sequence[Snapshot]) -> Iterator[Violation]:
    """RFC 8216bis 6.2.1: a segment at least every 1.5 target durations, a part every part target.

    A pause that a discontinuity explains is an encoder that was away.
    """
    for before, after in pairwise(first_of_each_position(snapshots)):
        last = after.playlist.segments[-1]
        waited = after.fetched_at - before.fetched_at
        part_target = after.playlist.part_target or after.playlist.target_duration
        if last.is_discontinuity or after.playlist.is_ended:
            continue
        detail = f"{after.playlist.position} came {waited:.2f} s after {before.playlist.position}"
        if waited > 1.5 * after.playlist.target_duration + LATE_TOLERANCE_S:
            yield Violation("6.2.1", "late segment", detail, where=f"{after.fetched_at:.3f}")
        elif waited > part_target + LATE_PART_TOLERANCE_S:
            yield Violation("6.2.1", "late part", detail, False, f"{after.fetched_at:.3f}")


def first_of_each_position(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """The snapshots that brought something new."""
    kept: list[Snapshot] = []
    for snapshot in snapshots:
        if snapshot.playlist.segments and (not kept or snapshot.playlist.position > kept[-1].playlist.position):
            kept.append(snapshot)
    return kept
