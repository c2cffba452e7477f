"""What can be followed: apps register a prefix and who may follow its topics."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime.errors import NotAllowed

if TYPE_CHECKING:
    from realtime.publishing import Event

# The project's user or AnonymousUser: the ground floor knows neither.
Person = Any
MaySubscribe = Callable[[Person, str], bool]
Snapshot = Callable[[Person, str], "Event | None"]
Among = Callable[[str, set[int]], set[int]]

_SHAPE = re.compile(r"(?P<prefix>[a-z]+(?:\.[a-z]+)*)\.(?P<key>[A-Za-z0-9_-]{1,64})")


@dataclass(frozen=True)
class Numbers:
    """How to read a topic whose events have a `seq`: the number of the last, and the events after one, in order."""

    latest: Callable[[str], int]
    missed: Callable[[str, int], "Iterable[Event]"]


@dataclass(frozen=True)
class Kind:
    """Topics `<prefix>.<key>`. `snapshot` answers the event that a new follower gets first, or None."""

    prefix: str
    may_subscribe: MaySubscribe
    snapshot: Snapshot | None
    counts_followers: bool
    knows_followers: bool
    numbers: Numbers | None
    among: Among | None


_kinds: dict[str, Kind] = {}


def register(
    prefix: str,
    may_subscribe: MaySubscribe,
    snapshot: Snapshot | None = None,
    *,
    counts_followers: bool = False,
    knows_followers: bool = False,
    numbers: Numbers | None = None,
    among: Among | None = None,
) -> None:
    """Open the topics `<prefix>.<key>`.

    The functions run in a thread and may use the database. With `counts_followers` those on the topic are told how
    many they are, as {"type": "presence", "count": ...}; elsewhere `realtime.presence.count` answers that.
    With `knows_followers` `realtime.presence.people` answers who of those that are logged in follow them.
    With `numbers` events that have a `seq` are handed on in that order, each once: who finds a number missing reads
    what came after the last one. `among(key, user_ids)` answers at once for many users which of
    them may follow; without it a recheck asks for each.
    """
    if prefix in _kinds:
        raise ValueError(f"topics {prefix}.* are registered already")
    _kinds[prefix] = Kind(prefix, may_subscribe, snapshot, counts_followers, knows_followers, numbers, among)


def find(topic: object) -> tuple[Kind, str]:
    """The kind and key of a topic; raises NotAllowed when there is none of that name."""
    match = _SHAPE.fullmatch(topic) if isinstance(topic, str) and len(topic) <= 128 else None
    kind = _kinds.get(match["prefix"]) if match else None
    if kind is None or match is None:
        raise NotAllowed
    return kind, match["key"]


def counts_followers(topic: str) -> bool:
    return find(topic)[0].counts_followers


def knows_followers(topic: str) -> bool:
    return find(topic)[0].knows_followers


def knows_among(topic: str) -> bool:
    return find(topic)[0].among is not None


def among(topic: str, user_ids: set[int]) -> set[int]:
    """Those of these users who may follow a topic whose kind can say so for many."""
    kind, key = find(topic)
    return kind.among(key, user_ids) if kind.among else set()


def is_numbered(topic: str) -> bool:
    return find(topic)[0].numbers is not None


def latest(topic: str) -> int:
    """The number of the last event of a numbered topic."""
    kind, key = find(topic)
    return kind.numbers.latest(key) if kind.numbers else 0


def missed(topic: str, after: int) -> "Iterable[Event]":
    """What a numbered topic said after a number, in order."""
    kind, key = find(topic)
    return kind.numbers.missed(key, after) if kind.numbers else ()


def open_topic(person: Person, topic: str) -> "Event | None":
    """The snapshot for somebody who may follow this topic; raises NotAllowed otherwise."""
    kind, key = find(topic)
    if not kind.may_subscribe(person, key):
        raise NotAllowed
    return kind.snapshot(person, key) if kind.snapshot else None
