"""Who is the one to look at: whoever was heard for the larger part of the last half second.

Janus's mixer says of each voice when it rises above a level and falls below it, not how loud it is. So the level of
somebody is the share of the last 500 ms in which they were heard; who is looked at stays so until somebody has more of
it. That is LiveKit's rule (a level from 40 percent on, of 500 ms, smoothed) with the window slid in halves.
"""

from collections import deque
from dataclasses import dataclass, field

WINDOW_S, LEAST_SHARE = 0.5, 0.4
# How often to look.
UPDATE_S = 0.25


@dataclass
class Activity:
    """Times are of one clock, in seconds."""

    active: int | None = None
    _since: dict[int, float] = field(default_factory=dict)
    _spans: dict[int, deque[tuple[float, float]]] = field(default_factory=dict)

    def begin(self, person: int, now: float) -> None:
        """They are heard."""
        self._since.setdefault(person, now)
        if self.active is None or not (self.active in self._since or self.share(self.active, now)):
            # Nobody is interrupted by it.
            self.active = person

    def end(self, person: int, now: float) -> None:
        """They aren't any more."""
        began = self._since.pop(person, None)
        if began is not None:
            self._spans.setdefault(person, deque(maxlen=8)).append((began, now))

    def forget(self, person: int) -> None:
        """They are gone."""
        self._since.pop(person, None)
        self._spans.pop(person, None)
        if self.active == person:
            self.active = next(iter(self._since), None)

    def share(self, person: int, now: float) -> float:
        """Of the window, in which they were heard."""
        spans = [*self._spans.get(person, ())]
        if person in self._since:
            spans.append((self._since[person], now))
        heard: float = sum(max(0.0, ended - max(began, now - WINDOW_S)) for began, ended in spans)
        return min(1.0, heard / WINDOW_S)

    def update(self, now: float) -> bool:
        """Look anew; whether somebody else is active now."""
        shares = {person: self.share(person, now) for person in {*self._since, *self._spans}}
        for person in [person for person in self._spans if not shares[person]]:
            del self._spans[person]
        before = self.active
        loudest = max(shares, key=lambda person: (shares[person], person == before), default=None)
        if loudest is not None and shares[loudest] >= LEAST_SHARE and shares[loudest] > shares.get(before or 0, 0.0):
            self.active = loudest
        return self.active != before
