"""What one media playlist must be, looked at by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from .playlist import Attributes, MediaPlaylist, Segment
from .violation import Violation

# Durations are written with five decimals, dates with three.
ROUNDING_S = 0.00002
DATE_TOLERANCE_S = 0.05
PARTS_SUM_TOLERANCE_S = 0.005
SHORTEST_PART = 0.85
LENGTHS = ("DURATION", "PLANNED-DURATION")


def check_media(playlist: MediaPlaylist) -> Iterator[Violation]:
    """Every rule that a whole media playlist can break by itself."""
    yield from playlist.problems
    for rule in RULES:
        yield from rule(playlist)


def check_version(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 8: EXT-X-MAP wants version 6, EXT-X-SKIP version 9."""
    wanted = 9 if playlist.tags["EXT-X-SKIP"] else 6 if playlist.tags["EXT-X-MAP"] else 1
    if playlist.version < wanted:
        yield Violation("8", "EXT-X-VERSION", f"{playlist.version}, but the tags want {wanted}")


def check_target_duration(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 4.4.3.1."""
    if playlist.target_duration < 1:
        yield Violation("4.4.3.1", "EXT-X-TARGETDURATION", "missing or below 1")
    for segment in playlist.segments:
        if int(segment.duration + 0.5) > playlist.target_duration:
            detail = f"segment {segment.msn} is {segment.duration} s long, the target {playlist.target_duration} s"
            yield Violation("4.4.3.1", "EXT-X-TARGETDURATION", detail)
        if segment.uri and segment.duration <= 0:
            yield Violation("4.4.4.1", "EXTINF", f"segment {segment.msn} has no duration")


def check_server_control(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 4.4.3.8."""
    control, target = playlist.server_control, playlist.target_duration
    if control.get("CAN-BLOCK-RELOAD") != "YES":
        yield Violation("Estrade", "CAN-BLOCK-RELOAD", "not offered")
    if "CAN-SKIP-UNTIL" not in control:
        if playlist.tags["EXT-X-SKIP"]:
            yield Violation("4.4.3.8", "CAN-SKIP-UNTIL", "a delta update without it")
        yield Violation("Estrade", "CAN-SKIP-UNTIL", "delta updates are not offered")
    elif float(control["CAN-SKIP-UNTIL"]) < 6 * target:
        yield Violation("4.4.3.8", "CAN-SKIP-UNTIL", f"{control['CAN-SKIP-UNTIL']} s is below six target durations")
    if float(control.get("HOLD-BACK", 3 * target)) < 3 * target:
        yield Violation("4.4.3.8", "HOLD-BACK", f"{control['HOLD-BACK']} s is below three target durations")
    if playlist.part_target is not None:
        yield from check_part_hold_back(control.get("PART-HOLD-BACK"), playlist.part_target)


def check_part_hold_back(value: str | None, part_target: float) -> Iterator[Violation]:
    """RFC 8216bis 4.4.3.8."""
    if value is None:
        yield Violation("4.4.3.8", "PART-HOLD-BACK", "missing beside EXT-X-PART-INF")
    elif float(value) < 2 * part_target - ROUNDING_S:
        yield Violation("4.4.3.8", "PART-HOLD-BACK", f"{value} s is below twice the part target {part_target} s")
    elif float(value) < 3 * part_target - ROUNDING_S:
        yield Violation("4.4.3.8", "PART-HOLD-BACK", f"{value} s is below three part targets {part_target} s", False)


def check_part_durations(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 4.4.4.9: none above the part target, and none below 85 % of it but for the exceptions."""
    if playlist.part_target is None:
        if playlist.tags["EXT-X-PART"]:
            yield Violation("4.4.3.7", "EXT-X-PART-INF", "missing, though there are parts")
        return
    if playlist.part_target <= 0:
        yield Violation("4.4.3.7", "PART-TARGET", f"{playlist.part_target} is no duration")
    for segment in playlist.segments:
        yield from check_parts_of(segment, playlist.part_target)


def check_parts_of(segment: Segment, part_target: float) -> Iterator[Violation]:
    """The durations of one segment's parts."""
    for index, part in enumerate(segment.parts):
        name = f"part {segment.msn}.{index} is {part.duration} s long, the target {part_target} s"
        if part.duration > part_target + ROUNDING_S:
            yield Violation("4.4.4.9", "longest part", name)
        # The last part of an open segment may turn out to be its final one.
        is_final = index == len(segment.parts) - 1
        is_before_gap = not is_final and segment.parts[index + 1].is_gap
        exempt = is_final or is_before_gap or part.is_independent or part.is_gap
        if part.duration < SHORTEST_PART * part_target - ROUNDING_S and not exempt:
            yield Violation("4.4.4.9", "shortest part", name)
        if part.duration <= 0:
            yield Violation("4.4.4.9", "shortest part", f"part {segment.msn}.{index} has no duration")


def check_parts_make_segments(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 4.4.4.9: parts are what their segment is made of. A join wants a first part that is independent."""
    for segment in playlist.segments:
        total = sum(part.duration for part in segment.parts)
        if segment.uri and segment.parts and abs(total - segment.duration) > PARTS_SUM_TOLERANCE_S:
            detail = f"the parts of segment {segment.msn} last {total:.5f} s, itself {segment.duration} s"
            yield Violation("4.4.4.9", "parts make segments", detail)
        if segment.parts and not segment.parts[0].is_independent:
            yield Violation("Estrade", "INDEPENDENT", f"segment {segment.msn} doesn't begin with an independent part")


def check_where_parts_are(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 6.2.2: listed up to three target durations from the end, and removed in order."""
    hold_back = float(playlist.server_control.get("PART-HOLD-BACK", 0))
    distance = 0.0
    seen_without = False
    for segment in reversed(playlist.segments):
        if segment.parts and distance > 3 * playlist.target_duration + ROUNDING_S:
            detail = f"segment {segment.msn} ends {distance:.2f} s from the end and still lists them"
            yield Violation("6.2.2", "old parts", detail, is_must=False)
        if segment.parts and seen_without:
            yield Violation("6.2.2", "order of removal", f"segment {segment.msn} lists parts, a later one doesn't")
        if not segment.parts and playlist.part_target and distance < hold_back:
            yield Violation("Estrade", "missing parts", f"segment {segment.msn} is within the hold-back and lists none")
        seen_without = seen_without or not segment.parts
        distance += segment.length


def check_init(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 3.1.2: fragmented MP4 wants an EXT-X-MAP for every segment."""
    for segment in playlist.segments:
        if not segment.init_uri:
            yield Violation("3.1.2", "EXT-X-MAP", f"segment {segment.msn} has none")


def check_date_times(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 6.2.1: dates agree with durations and never overlap by a second, discontinuities included."""
    for segment in playlist.segments:
        if segment.date_time is None:
            yield Violation("Estrade", "EXT-X-PROGRAM-DATE-TIME", f"segment {segment.msn} has none")
    for before, after in pairwise(playlist.segments):
        if before.date_time is None or after.date_time is None:
            continue
        drift = (after.date_time - before.date_time).total_seconds() - before.length
        detail = f"segment {after.msn} begins {drift:+.3f} s from where {before.msn} ends"
        if after.is_discontinuity:
            if drift <= -1 or after.date_time <= before.date_time:
                yield Violation("6.2.1", "EXT-X-PROGRAM-DATE-TIME overlap", detail)
        elif abs(drift) > DATE_TOLERANCE_S:
            yield Violation("6.2.1", "EXT-X-PROGRAM-DATE-TIME", detail)


def check_hints(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 4.4.5.3 and 6.2.6."""
    types = Counter(hint.get("TYPE") for hint in playlist.hints)
    listed = {part.uri for _, _, part in playlist.parts()}
    for hint in playlist.hints:
        if hint.get("TYPE") not in ("PART", "MAP") or not hint.get("URI"):
            yield Violation("4.4.5.3", "EXT-X-PRELOAD-HINT", f"{hint} wants TYPE and URI")
        if hint.get("URI") in listed:
            yield Violation("4.4.5.3", "EXT-X-PRELOAD-HINT", f"{hint['URI']} is listed already")
    if any(count > 1 for count in types.values()):
        yield Violation("6.2.6", "EXT-X-PRELOAD-HINT", "two of one type", is_must=False)
    if playlist.is_ended and playlist.hints:
        yield Violation("4.4.5.3", "EXT-X-PRELOAD-HINT", "beside EXT-X-ENDLIST")


def check_reports(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 4.4.5.4, without the attributes that may be left out when they are the same."""
    for report in playlist.reports:
        uri = report.get("URI", "")
        if not uri or "://" in uri or uri.startswith("/"):
            yield Violation("4.4.5.4", "EXT-X-RENDITION-REPORT", f"{uri!r} is not relative to this playlist")
        for name in ("LAST-MSN", "LAST-PART"):
            if not report.get(name, "0").isdigit():
                yield Violation("4.4.5.4", name, f"{report[name]!r} of {uri} is no number")


def check_date_ranges(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 4.4.5.1. A class tells players that aren't ours to pass it by."""
    ids = Counter(given.get("ID", "") for given in playlist.date_ranges)
    for given in playlist.date_ranges:
        name = given.get("ID", "")
        for wanted in ("ID", "CLASS", "START-DATE"):
            if not given.get(wanted):
                is_ours = wanted == "CLASS"
                yield Violation("Estrade" if is_ours else "4.4.5.1", wanted, f"missing of date range {name!r}")
        try:
            if range_end(given).tzinfo is None:
                yield Violation("4.4.5.1", "START-DATE", f"date range {name!r} is in no time zone")
            if min(float(given.get(length, 0)) for length in LENGTHS) < 0:
                yield Violation("4.4.5.1", "DURATION", f"date range {name!r} ends before it begins")
        except (KeyError, ValueError, OverflowError) as error:
            yield Violation("4.4.5.1", "START-DATE", f"date range {name!r}: {error!r}")
        if ids[name] > 1:
            yield Violation("Estrade", "ID", f"date range {name!r} is listed {ids[name]} times")


def range_end(given: Attributes) -> datetime:
    """When a date range ends, as far as it is known (4.4.5.1). Raises KeyError, ValueError or OverflowError."""
    if "END-DATE" in given:
        return datetime.fromisoformat(given["END-DATE"])
    length = next((given[name] for name in LENGTHS if name in given), "0")
    return datetime.fromisoformat(given["START-DATE"]) + timedelta(seconds=float(length))


def check_window(playlist: MediaPlaylist) -> Iterator[Violation]:
    """RFC 8216bis 6.2.2: what a live playlist keeps. 6.2.1: what an ended one must not have."""
    if playlist.tags["EXT-X-PLAYLIST-TYPE"]:
        yield Violation("6.2.2", "EXT-X-PLAYLIST-TYPE", "in a live playlist")
    is_short = playlist.length < 3 * playlist.target_duration - ROUNDING_S
    if playlist.media_sequence > 0 and is_short and not playlist.is_ended:
        yield Violation("6.2.2", "window", f"only {playlist.length:.2f} s are left of what was removed from")
    if playlist.tags["EXT-X-DISCONTINUITY"] and playlist.media_sequence and not playlist.tags[DISCONTINUITIES]:
        yield Violation("6.2.2", DISCONTINUITIES, "missing")
    if playlist.is_ended and playlist.segments and not playlist.segments[-1].uri:
        yield Violation("6.2.1", "EXT-X-ENDLIST", f"segment {playlist.segments[-1].msn} was left open")


def check_uris(playlist: MediaPlaylist) -> Iterator[Violation]:
    """A name is used for one thing, so that it can be cached for ever."""
    uris = [segment.uri for segment in playlist.segments if segment.uri]
    uris += [part.uri for _, _, part in playlist.parts()]
    for uri, count in Counter(uris).items():
        if count > 1:
            yield Violation("Estrade", "URI", f"{uri} is listed {count} times")


DISCONTINUITIES = "EXT-X-DISCONTINUITY-SEQUENCE"
RULES: tuple[Callable[[MediaPlaylist], Iterator[Violation]], ...] = (
    check_version,
    check_target_duration,
    check_server_control,
    check_part_durations,
    check_parts_make_segments,
    check_where_parts_are,
    check_init,
    check_date_times,
    check_hints,
    check_reports,
    check_date_ranges,
    check_window,
    check_uris,
)
