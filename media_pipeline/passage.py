"""Copy or re-encode? Nobody knows an encoder's key-frame interval before its second key frame.

The copy is served from the first part on, while a re-encoder with key frames of its own runs beside it. A second
key frame in time ends the re-encoder. Otherwise viewers go over to it at one of its key frames: both have the
encoder's clock. Up to that moment the copy is served, so nothing waits. A machine too busy for a re-encoder now is
asked again later.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from media_pipeline.commands import next_grid_key
from media_pipeline.timeline import EPSILON_S

MAX_GOP_S = 3.0
_DECIDE_AT_S = 2.7
_LATE_AFTER_S = 3.2
_CLOSE_S = 0.75
_GIVE_UP_HELD_S, _GIVE_UP_S = 2.0, 8.0
_NO_ROOM_S, _GIVEN_UP_S = 5.0, 30.0


class Serving(StrEnum):
    """Whose video viewers get."""

    COPY = "copy"
    GRID = "grid"


@dataclass
class Passage:
    """The decision of one run. Times are presentation times on the encoder's clock, in seconds.

    `is_trial` says that a re-encoder runs beside the copy, on trial, `asked_at` since when; none is asked for until
    `rests_until`.
    """

    serving: Serving = Serving.COPY
    is_trial: bool = False
    first_key: float | None = None
    last_key: float | None = None
    gop_s: float = 0.0
    goes_over_at: float | None = None
    asked_at: float = -math.inf
    rests_until: float = -math.inf

    def see_copy(self, start: float, *, is_independent: bool) -> None:
        """A fragment of the copy has come."""
        if not is_independent:
            return
        if self.last_key is not None:
            self.gop_s = start - self.last_key
            if self.gop_s <= MAX_GOP_S + EPSILON_S:
                # In time after all: stay, or come back from a plan not carried out yet.
                self.goes_over_at = None
                self.is_trial = False
        self.last_key = start
        if self.first_key is None:
            self.first_key = start

    def wants_grid(self, copy_end: float) -> bool:
        """Whether the copy's key frames are too far apart for low latency."""
        if self.serving is Serving.GRID or copy_end < self.rests_until or self.last_key is None:
            return False
        return copy_end - self.last_key >= (_DECIDE_AT_S if self.is_trial else _LATE_AFTER_S)

    def try_grid(self, copy_end: float) -> None:
        """A re-encoder has been started beside the copy."""
        self.is_trial = True
        self.asked_at = copy_end

    def rest(self, copy_end: float) -> None:
        """There is no room for a re-encoder now."""
        self.rests_until = copy_end + _NO_ROOM_S

    def is_settled(self) -> bool:
        """Whether a re-encoder that runs on trial is of no use any more."""
        return self.serving is Serving.COPY and not self.is_trial and self.goes_over_at is None

    def plan(self, copy_end: float, grid_first: float, grid_end: float) -> None:
        """Choose where to go over: the first key frame of the grid that neither has passed.

        Nothing is chosen while the re-encoder is behind: the copy would be held back for it.
        """
        if self.goes_over_at is None and copy_end - grid_end <= _CLOSE_S:
            self.goes_over_at = grid_first + next_grid_key(max(copy_end, grid_end) - EPSILON_S - grid_first)

    def holds(self, end: float) -> bool:
        """Whether a fragment of the copy reaches beyond the planned point, and so is not served."""
        return self.goes_over_at is not None and end > self.goes_over_at + 2 * EPSILON_S

    def crosses(self, start: float, *, is_independent: bool) -> bool:
        """Whether this fragment of the grid is the one to go over with."""
        return self.goes_over_at is not None and is_independent and start >= self.goes_over_at - EPSILON_S

    def cross(self) -> None:
        self.serving = Serving.GRID
        self.goes_over_at = None
        self.is_trial = False

    def gives_up(self, copy_end: float) -> bool:
        """Whether the grid is so late that the copy with its long wait is the lesser evil."""
        held = self.goes_over_at is not None and copy_end - self.goes_over_at >= _GIVE_UP_HELD_S
        behind = self.last_key is not None and copy_end - max(self.last_key, self.asked_at) >= _GIVE_UP_S
        if held or behind:
            self.goes_over_at = None
            self.is_trial = False
            self.rests_until = copy_end + _GIVEN_UP_S
        return held or behind
