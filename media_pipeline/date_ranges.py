"""Date ranges in live playlists (EXT-X-DATERANGE, RFC 8216bis 4.4.5.1), and the registry of those who announce them.

What is announced comes from above, by the key under which a broadcast is packaged. A packager never waits for it: one
thread a process asks every source for all broadcasts at once.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import redis

log = logging.getLogger(__name__)

TAG = "#EXT-X-DATERANGE"
_ASK_S = 0.5
_DATE, _LENGTH = "START-DATE", "PLANNED-DURATION"


@dataclass(frozen=True)
class DateRange:
    """Something planned for a part of the broadcast. `facts` are client attributes, whose names begin with "X-"."""

    id: str
    class_name: str
    start: datetime
    planned_s: float
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.planned_s)

    def render(self) -> str:
        """Its tag. It is the same each time: what a date range says must never change."""
        start = self.start.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        named = {"ID": self.id, "CLASS": self.class_name, _DATE: start}
        texts = ",".join(f'{name}="{value}"' for name, value in (named | dict(self.facts)).items())
        return f"{TAG}:{texts},{_LENGTH}={self.planned_s:.3f}"

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "DateRange":
        """Out of the attributes that `render` wrote. Raises ValueError for others."""
        facts = tuple((name, value) for name, value in given.items() if name.startswith("X-"))
        try:
            start = datetime.fromisoformat(given[_DATE])
            found = cls(given["ID"], given["CLASS"], start, float(given[_LENGTH]), facts)
            # Without an end, or with one that no clock shows, it can't be told from what is over.
            found.end.astimezone(UTC)
        except (KeyError, OverflowError) as error:
            raise ValueError(f"no date range: {given}") from error
        if start.tzinfo is None:
            raise ValueError(f"{start} is in no time zone")
        return found


# Given the keys of broadcasts: what is announced in each. It may take its time, and may fail.
Source = Callable[[Sequence[str]], Mapping[str, Sequence[DateRange]]]
_sources: dict[str, Source] = {}
# Sources that failed when they were asked last: each time that changes it is told, and not twice a second.
_failing: set[str] = set()


def register(name: str, source: Source) -> None:
    _sources[name] = source


class Announcer:
    """What is announced in the broadcasts that a process packages, as of half a second ago."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[DateRange, ...]] = {}
        self._followers: Counter[str] = Counter()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="date-ranges", daemon=True).start()

    @contextmanager
    def following(self, key: str) -> Iterator[Callable[[], Sequence[DateRange]]]:
        """Within it, it is asked about this broadcast; what this answers is always there."""
        with self._changed:
            # A packager that lost its lease may still be there when the next one comes.
            self._followers[key] += 1
            self._found.setdefault(key, ())
            self._changed.notify()
        try:
            yield lambda: self._found.get(key, ())
        finally:
            self._leave(key)

    def follows(self, key: str) -> bool:
        return key in self._found

    def _leave(self, key: str) -> None:
        with self._changed:
            self._followers[key] -= 1
            if self._followers[key] <= 0:
                del self._followers[key], self._found[key]

    def _run(self) -> None:
        leaving = threading.Event()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._found and _sources)
                keys = list(self._found)
            self._keep(announced(keys))
            leaving.wait(_ASK_S)

    def _keep(self, found: Mapping[str, Iterable[DateRange]]) -> None:
        with self._changed:
            self._found |= {key: tuple(ranges) for key, ranges in found.items() if key in self._found}


def announced(keys: Sequence[str]) -> dict[str, list[DateRange]]:
    """What all sources announce in these broadcasts. One that fails announces nothing."""
    found: dict[str, list[DateRange]] = {key: [] for key in keys}
    for name, source in _sources.items():
        try:
            for key, ranges in source(keys).items():
                found[key] += ranges
        except Exception as error:
            if name not in _failing:
                is_away = isinstance(error, OSError | redis.RedisError)
                log.warning("%s announces nothing: %s", name, error, exc_info=not is_away)
            _failing.add(name)
        else:
            if name in _failing:
                log.info("%s announces again", name)
            _failing.discard(name)
    return found


class Placed:
    """Announcements on the playlists' own clock, which the encoder's carries away from the wall's.

    Each is placed when it is first heard of, by how far apart the clocks are then; there it stays, in all renditions.
    """

    def __init__(self, announced: Callable[[], Iterable[DateRange]], shift: Callable[[], timedelta]) -> None:
        """`announced` is by the wall's clock; `shift` answers how far ahead of it the playlists' is."""
        self._announced, self._shift = announced, shift
        self._found: dict[str, DateRange] = {}

    def take_up(self, found: Iterable[DateRange]) -> None:
        """These were placed by a predecessor."""
        for one in found:
            self._found.setdefault(one.id, one)

    def __call__(self) -> list[DateRange]:
        return [self._place(one) for one in self._announced()]

    def _place(self, one: DateRange) -> DateRange:
        if one.id not in self._found:
            self._found[one.id] = replace(one, start=one.start + self._shift())
        return self._found[one.id]


@cache
def announcer() -> Announcer:
    """The one of this process."""
    return Announcer()
