"""Who of those that are logged in follows a topic, across processes.

Each process keeps a set a topic in Redis, and says every beat what has changed in it. A set lapses soon after its
process; one that Redis lost is said anew.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from realtime import broker
from realtime.census import LAPSE_S, living

_KEPT_S = 3 * LAPSE_S


def _key(topic: str, process: str) -> str:
    return broker.key_of(f"here:{topic}:{process}")


def people_on(topics: Iterable[str]) -> set[int]:
    """The users who follow any of these topics now. Raises RedisError."""
    keys = [_key(topic, process) for process in living() for topic in topics]
    return {int(user) for user in broker.client().sunion(keys)} if keys else set()


class Attendance:
    """This process's part."""

    def __init__(self, redis: Any, process: str) -> None:
        self._redis, self._process = redis, process
        self._here: dict[str, Counter[int]] = {}
        self._unsaid: dict[str, set[int]] = {}

    def add(self, topic: str, user_id: int) -> None:
        """One more page of somebody's; others hear of it at the next `tell`."""
        self._here.setdefault(topic, Counter())[user_id] += 1
        self._unsaid.setdefault(topic, set()).add(user_id)

    def remove(self, topic: str, user_id: int) -> None:
        here = self._here.get(topic, Counter())
        here[user_id] -= 1
        if here[user_id] <= 0:
            del here[user_id]
        if not here:
            self._here.pop(topic, None)
        self._unsaid.setdefault(topic, set()).add(user_id)

    async def tell(self) -> None:
        """Say what has changed, and that the rest still holds."""
        unsaid, self._unsaid = self._unsaid, {}
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for topic, users in unsaid.items():
                    self._say(pipeline, topic, users)
                topics = list(self._here)
                for topic in topics:
                    pipeline.expire(_key(topic, self._process), _KEPT_S)
                answers = await pipeline.execute()
        except BaseException:
            for topic, users in unsaid.items():
                self._unsaid.setdefault(topic, set()).update(users)
            raise
        for topic, is_kept in zip(topics, answers[len(answers) - len(topics) :], strict=True):
            if not is_kept:
                self._unsaid.setdefault(topic, set()).update(self._here.get(topic, ()))

    def _say(self, pipeline: Any, topic: str, users: set[int]) -> None:
        here, key = self._here.get(topic, Counter()), _key(topic, self._process)
        if came := [user for user in users if user in here]:
            pipeline.sadd(key, *came)
        if went := [user for user in users if user not in here]:
            pipeline.srem(key, *went)
