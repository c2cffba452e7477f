"""Listeners beyond the seats: they hear the composed stream, and say now and then that they are there.

In Redis, a sorted set a Space: any number of them costs the conductor one question a second. The stream is made for as
long as one is there, and a minute longer.
"""

import secrets
from uuid import UUID

from realtime import broker

# A page says that it is there every HERE_EVERY_S; who was not heard of for KEPT_S is gone.
HERE_EVERY_S, KEPT_S = 15, 40
LINGERS_S = 60


def enter(space: UUID, now_s: float) -> str:
    """A place for one page more."""
    token = secrets.token_hex(16)
    broker.client().zadd(_key(space), {token: now_s + KEPT_S})
    broker.client().expire(_key(space), 3600)
    return token


def renew(space: UUID, token: str, now_s: float) -> bool:
    """Whether the page had a place, which it keeps."""
    if broker.client().zscore(_key(space), token) is None:
        return False
    broker.client().zadd(_key(space), {token: now_s + KEPT_S}, xx=True)
    broker.client().expire(_key(space), 3600)
    return True


def leave(space: UUID, token: str, now_s: float) -> None:
    """The page says goodbye."""
    broker.client().zadd(_key(space), {token: now_s}, xx=True)


def count(space: UUID, now_s: float) -> int:
    """How many are there. Forgets those who were the last a minute ago."""
    broker.client().zremrangebyscore(_key(space), "-inf", now_s - LINGERS_S)
    return int(broker.client().zcount(_key(space), f"({now_s}", "+inf"))


def is_wanted(space: UUID, now_s: float) -> bool:
    """Whether somebody hears the stream, or did within the last minute."""
    return int(broker.client().zcount(_key(space), f"({now_s - LINGERS_S}", "+inf")) > 0


def _key(space: UUID) -> str:
    return f"spaces:hall:{space.hex}"
