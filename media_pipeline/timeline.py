"""Where segments begin: decided once, on the source, and followed by every other rendition."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

MIN_SEGMENT_S = 1.5
MAX_SEGMENT_S = 3.4
# Frames dropped by the encoder leave small gaps that every player bridges; beyond these it is told.
_GAP_FORWARD_S, _GAP_BACK_S = 0.5, 0.1
EPSILON_S = 0.02
# Of the longest part; what is shorter may be the last of a segment only (RFC 8216bis 4.4.4.9: 85 % of the part target,
# which is a little above the longest part).
_SHORT_PART = 0.9
_KEPT = 32


@dataclass(frozen=True)
class Boundary:
    """The start of a segment on the encoder's clock, and on the wall's."""

    msn: int
    start: float
    at: datetime
    is_discontinuity: bool
    discontinuity_sequence: int


class Timeline:
    """The segments of one run of the packager, on one encoder's clock."""

    def __init__(self, next_msn: int, discontinuity_sequence: int, *, resumes_at: float | None) -> None:
        """`discontinuity_sequence` is that of what went before; `resumes_at` where the same clock left off."""
        self._next_msn = next_msn
        self._sequence = discontinuity_sequence
        self._is_first_ever = next_msn == 0
        self.boundaries: deque[Boundary] = deque(maxlen=_KEPT)
        self.end = resumes_at
        self._not_before: datetime | None = None
        self._shift = timedelta(0)
        self._last_part_s, self._longest_part_s = 0.0, 0.0

    @property
    def current(self) -> Boundary | None:
        return self.boundaries[-1] if self.boundaries else None

    @property
    def shift(self) -> timedelta:
        """How far the playlist's clock was ahead of the wall's when the last fragment came; the encoder's drifts."""
        return self._shift

    def place(
        self, start: float, duration: float, *, is_independent: bool, now: datetime, breaks: bool = False
    ) -> Boundary:
        """The segment that a source fragment belongs to; a new one where the fragment opens it.

        `breaks` says that it comes from another encoder than the fragment before it.
        """
        current = self.current
        gap = 0.0 if self.end is None else start - self.end
        is_break = breaks or gap > _GAP_FORWARD_S or gap < -_GAP_BACK_S
        if current is None:
            is_break = not self._is_first_ever and (self.end is None or is_break)
            current = self._begin(start, now - timedelta(seconds=duration), is_break)
        elif is_break:
            current = self._begin(start, self._wall(current, start, now, duration), True)
        elif self._opens(current, start, duration, is_independent):
            current = self._begin(start, current.at + timedelta(seconds=start - current.start), False)
        self.end = start + duration
        self._last_part_s, self._longest_part_s = duration, max(duration, self._longest_part_s)
        self._not_before = current.at + timedelta(seconds=self.end - current.start)
        self._shift = self._not_before - now
        return current

    def _opens(self, current: Boundary, start: float, duration: float, is_independent: bool) -> bool:
        length = start - current.start
        # An encoder's key frame at a change of scene cuts the part before it short.
        is_after_short = self._last_part_s < _SHORT_PART * self._longest_part_s
        if is_independent and (length >= MIN_SEGMENT_S - EPSILON_S or is_after_short):
            return True
        # No key frame in sight: a segment must still end before the target duration is a lie.
        return length + duration > MAX_SEGMENT_S

    def _wall(self, current: Boundary, start: float, now: datetime, duration: float) -> datetime:
        """After a break the wall clock is read anew, and never runs back."""
        read = now - timedelta(seconds=duration)
        return max(read, self._not_before) if self._not_before else read

    def _begin(self, start: float, at: datetime, is_discontinuity: bool) -> Boundary:
        self._sequence += is_discontinuity
        boundary = Boundary(self._next_msn, start, at, is_discontinuity, self._sequence)
        self._next_msn += 1
        self.boundaries.append(boundary)
        return boundary

    def follow(self, start: float) -> Boundary | None:
        """The segment another rendition's fragment belongs to; None while the source isn't there yet."""
        if self.end is None or not self.boundaries or start > self.end - EPSILON_S:
            return None
        for boundary in reversed(self.boundaries):
            if boundary.start <= start + EPSILON_S:
                return boundary
        return self.boundaries[0]

    def is_before(self, start: float) -> bool:
        """Whether a fragment is older than the first segment of this run."""
        return bool(self.boundaries) and start < self.boundaries[0].start - EPSILON_S
