"""What is true only while it is live, in Redis: leases, readers that are in, what ingest last heard, health.

Everything here may be lost: the truth about broadcasts is in PostgreSQL, the media on disk.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings
from redis.client import Pipeline

LEASE_MS = 3000
_HOUR_S = 3600
_HEALTH_S = 10

# An epoch grows also when Redis has lost what it knew: seconds since 1970 are its floor.
_ACQUIRE = """
if redis.call('exists', KEYS[1]) == 1 then return 0 end
local epoch = math.max(tonumber(redis.call('get', KEYS[2]) or '0') + 1, tonumber(ARGV[1]))
redis.call('set', KEYS[2], epoch, 'EX', 604800)
redis.call('set', KEYS[1], epoch .. ' ' .. ARGV[2], 'PX', ARGV[3])
return epoch
"""
# An owner whose lease has lapsed (Redis was away) takes it again, unless somebody newer holds it or held it.
_RENEW = """
local held = redis.call('get', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
local epoch = tonumber(redis.call('get', KEYS[2]) or '0')
if epoch > tonumber(ARGV[2]) then return 0 end
redis.call('set', KEYS[2], ARGV[2], 'EX', 604800)
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
"""
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@cache
def client() -> redis.Redis:
    """One pool a process. Short time-outs: a silent Redis must not hold up what can do without it."""
    return redis.Redis.from_url(
        settings.ENV.redis_url, socket_timeout=2, socket_connect_timeout=1, decode_responses=True
    )


class Lease:
    """The right to package one broadcast: three seconds, renewed each second, fenced by its epoch."""

    def __init__(self, broadcast_id: str, owner: str) -> None:
        """`owner` is "<node> <boot>" of the packager."""
        self._key, self._epoch_key = f"lease:{broadcast_id}", f"epoch:{broadcast_id}"
        self._owner = owner
        self.epoch = 0

    @property
    def _value(self) -> str:
        return f"{self.epoch} {self._owner}"

    def acquire(self) -> bool:
        """Take the lease when nobody holds it."""
        keys_and_args = (self._key, self._epoch_key, int(time.time()), self._owner, LEASE_MS)
        self.epoch = int(cast(int, client().eval(_ACQUIRE, 2, *keys_and_args)))
        return self.epoch > 0

    def renew(self, pipe: Pipeline) -> None:
        """Hold on to it by way of a pipeline; the answer is 0 when somebody newer has it."""
        pipe.eval(_RENEW, 2, self._key, self._epoch_key, self._value, self.epoch, LEASE_MS)

    def release(self) -> None:
        client().eval(_RELEASE, 1, self._key, self._value)


def look_after(
    sessions: Sequence[str], leases: Sequence[Lease], health: Mapping[str, dict[str, Any]]
) -> tuple[list[bool], list[bool]]:
    """What a packager does all the time, for all its broadcasts in one round trip.

    Answers which of the sessions are asked to stop (once each), and which leases are still held after renewing them.
    Keeps what was measured of each broadcast, for ten seconds.
    """
    pipe = client().pipeline(transaction=False)
    for session in sessions:
        pipe.delete(f"stop:{session}")
    for lease in leases:
        lease.renew(pipe)
    for broadcast_id, measured in health.items():
        pipe.set(f"health:{broadcast_id}", json.dumps(measured), ex=_HEALTH_S)
    answers = [bool(answer) for answer in pipe.execute()]
    return answers[: len(sessions)], answers[len(sessions) : len(sessions) + len(leases)]


def is_leased(broadcast_id: str) -> bool:
    return bool(client().exists(f"lease:{broadcast_id}"))


def leased_among(broadcast_ids: Sequence[str]) -> set[str]:
    """Those that somebody packages, at one question to Redis; all of them when it can't tell."""
    if not broadcast_ids:
        return set()
    try:
        held = cast(list[str | None], client().mget([f"lease:{one}" for one in broadcast_ids]))
    except redis.RedisError:
        return set(broadcast_ids)
    return {one for one, value in zip(broadcast_ids, held, strict=True) if value}


def beat_key(queue: str) -> str:
    return f"beat:{queue}"


def note_beat(queue: str, now: float) -> None:
    """Say that a queue's worker lives: its tasks are done."""
    with suppress(redis.RedisError):
        client().set(beat_key(queue), now, ex=24 * _HOUR_S)


def drop_leases_of_earlier_boots(node: str, boot: str) -> list[str]:
    """Free what earlier packagers of this node still hold; answers the broadcasts' ids."""
    freed = []
    for key in client().scan_iter("lease:*", count=500):
        value = cast(str | None, client().get(key))
        parts = value.split(" ") if value else []
        if len(parts) == 3 and parts[1] == node and parts[2] != boot and client().delete(key):
            freed.append(str(key).removeprefix("lease:"))
    return freed


def redis_uptime_s() -> int:
    return int(client().info("server")["uptime_in_seconds"])


def begin_reading(session: str) -> bool:
    """Note that a session is read from now on; True for the first to do so."""
    return bool(client().set(f"readers:{session}:began", 1, nx=True, ex=7 * 24 * _HOUR_S))


def expect_readers(session: str, count: int) -> None:
    """Say how many readers must be in before the encoder is let in."""
    client().set(f"readers:{session}:expected", count, ex=60)


def expected_readers(session: str) -> int:
    """How many readers a packager has said it starts; 0 while none has."""
    return int(cast(str | None, client().get(f"readers:{session}:expected")) or 0)


def note_late_readers(session: str) -> None:
    """The encoder was let in without its readers: whoever reads from now on joins in mid-stream."""
    client().set(f"readers:{session}:began", 1, ex=7 * 24 * _HOUR_S)


def ask_to_stop(session: str) -> None:
    """Tell whoever packages this session to stop reading it and look at what is true now."""
    client().set(f"stop:{session}", 1, ex=30)


def is_playable(media_path: str) -> bool:
    """Whether a first part is out; yes when Redis can't tell."""
    try:
        return bool(client().exists(f"hls:{media_path}/source"))
    except redis.RedisError:
        return True


def playable_among(media_paths: Sequence[str]) -> set[str]:
    """Those whose first part is out, at one question to Redis; all of them when it can't tell."""
    if not media_paths:
        return set()
    try:
        positions = cast(list[str | None], client().mget([f"hls:{path}/source" for path in media_paths]))
    except redis.RedisError:
        return set(media_paths)
    return {path for path, position in zip(media_paths, positions, strict=True) if position}


def remember(key: str, entry: str, *, most: int, seconds: int) -> None:
    """Add to a list of the newest entries."""
    pipe = client().pipeline(transaction=False)
    pipe.rpush(key, entry)
    pipe.ltrim(key, -most, -1)
    pipe.expire(key, seconds)
    pipe.execute()


def recall(key: str) -> list[str]:
    """A list's entries, oldest first; none when Redis is away."""
    try:
        return cast(list[str], client().lrange(key, 0, -1))
    except redis.RedisError:
        return []


def keep_json(key: str, value: dict[str, Any], seconds: int = _HOUR_S) -> None:
    client().set(key, json.dumps(value), ex=seconds)


def read_json(key: str) -> dict[str, Any] | None:
    """A kept value, or None when it is gone or Redis is away."""
    try:
        text = cast(str | None, client().get(key))
    except redis.RedisError:
        return None
    return json.loads(text) if text else None


def swap(key: str, value: str) -> str | None:
    """Set a value for an hour and answer the one before."""
    return cast(str | None, client().set(key, value, ex=_HOUR_S, get=True))


def is_first_within(key: str, seconds: int) -> bool:
    """Whether nobody has asked this for so many seconds."""
    return bool(client().set(key, 1, nx=True, ex=seconds))
