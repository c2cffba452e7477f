"""Listeners beyond the seats: they hear the composed stream, and say now and then that they are there.

In Redis, a sorted set a Space: any number of them costs the conductor one question a second. The stream is made for as
long as one is there, and a minute longer. And a sorted set of places for each person and each address, which have a
few each.
"""

import secrets
from typing import cast
from uuid import UUID

from realtime import broker

# A page says that it is there every HERE_EVERY_S; who was not heard of for KEPT_S is gone.
HERE_EVERY_S, KEPT_S = 15, 40
LINGERS_S = 60


def enter(space: UUID, now_s: float, *, user: int = 0, address: str = "") -> str:
    """A place for one page more."""
    token = secrets.token_hex(16)
    broker.client().zadd(_key(space), {token: now_s + KEPT_S})
    broker.client().expire(_key(space), 3600)
    _note(space, token, now_s + KEPT_S, user, address)
    return token


def renew(space: UUID, token: str, now_s: float, *, user: int = 0, address: str = "") -> bool:
    """Whether the page had a place, which it keeps."""
    if broker.client().zscore(_key(space), token) is None:
        return False
    broker.client().zadd(_key(space), {token: now_s + KEPT_S}, xx=True)
    broker.client().expire(_key(space), 3600)
    _note(space, token, now_s + KEPT_S, user, address)
    return True


def leave(space: UUID, token: str, now_s: float, *, user: int = 0, address: str = "") -> None:
    """The page says goodbye."""
    if broker.client().zscore(_key(space), token) is not None:
        broker.client().zadd(_key(space), {token: now_s}, xx=True)
        _note(space, token, now_s, user, address)


def count_of(user: int, address: str, now_s: float) -> int:
    """How many places somebody has in all Spaces; or, for 0, the strangers at this address."""
    return len(_places(_key_of(user, address), now_s))


def is_there(space: UUID, user: int, now_s: float) -> bool:
    return any(place.startswith(space.hex) for place in _places(_key_of(user, ""), now_s))


def spaces_of(address: str, now_s: float) -> set[str]:
    """The hex names of the Spaces of which a stream may be made because of this address, whoever is there."""
    return {place.partition(":")[0] for place in _places(_key_at(address), now_s - LINGERS_S)}


def count(space: UUID, now_s: float) -> int:
    """How many are there. Forgets those who were the last a minute ago."""
    broker.client().zremrangebyscore(_key(space), "-inf", now_s - LINGERS_S)
    return int(broker.client().zcount(_key(space), f"({now_s}", "+inf"))


def is_wanted(space: UUID, now_s: float) -> bool:
    """Whether somebody hears the stream, or did within the last minute."""
    return int(broker.client().zcount(_key(space), f"({now_s - LINGERS_S}", "+inf")) > 0


def _key(space: UUID) -> str:
    return f"spaces:hall:{space.hex}"


def _note(space: UUID, token: str, until_s: float, user: int, address: str) -> None:
    with broker.client().pipeline(transaction=False) as pipeline:
        for key in {_key_of(user, address), _key_at(address)}:
            pipeline.zadd(key, {f"{space.hex}:{token}": until_s})
            pipeline.zremrangebyscore(key, "-inf", until_s - KEPT_S - LINGERS_S)
            pipeline.expire(key, 3600)
        pipeline.execute()


def _places(key: str, since_s: float) -> list[str]:
    rows = cast("list[bytes]", broker.client().zrangebyscore(key, f"({since_s}", "+inf"))
    return [row.decode() for row in rows]


def _key_of(user: int, address: str) -> str:
    return f"spaces:hall-of:{user or f'strangers:{address}'}"


def _key_at(address: str) -> str:
    return f"spaces:hall-at:{address}"
