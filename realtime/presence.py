"""How many follow a topic, over all processes, and who of those that are logged in."""

import logging
from collections.abc import Iterable

import redis

from realtime import attendance, census

log = logging.getLogger(__name__)


def name_of(topic: str) -> str:
    """What the census calls the followers of a topic."""
    return f"on:{topic}"


def count(topic: str) -> int | None:
    """How many sockets follow a topic that counts them; None when Redis can't tell. A few seconds old at most."""
    return count_each([topic])[topic]


def count_each(topics: Iterable[str]) -> dict[str, int | None]:
    """The same for many topics at the cost of one."""
    asked = list(topics)
    try:
        counts = census.count_each(name_of(topic) for topic in asked) if asked else {}
    except redis.RedisError as error:
        log.warning("followers not counted: %s", error)
        return dict.fromkeys(asked)
    return {topic: counts[name_of(topic)] for topic in asked}


def people(topics: Iterable[str]) -> set[int]:
    """The users who follow any of these topics, of those that know their followers; nobody when Redis can't tell."""
    try:
        return attendance.people_on(list(topics))
    except redis.RedisError as error:
        log.warning("followers not known: %s", error)
        return set()
