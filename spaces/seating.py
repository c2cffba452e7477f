"""Who is in a Space: each open page has a seat, which it keeps by saying every few seconds that it is there.

In Redis: a page that is gone leaves by itself, and the conductor, which may be another one by then, hears of it.
A seat's name is 128 random bits, and whoever knows it may hear what the conductor says to it.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from realtime import broker, census

# A page says that it is there every HERE_EVERY_S; who was not heard of for KEPT_S is gone.
HERE_EVERY_S, KEPT_S = 4, 12
# A process of web says every two seconds that it lives. When all are silent for longer it isn't the pages that are
# away; after the longest silence it doesn't matter why.
_WEB_SILENCE_S, _LONGEST_SILENCE_S = 5, 60
_SEATS, _EXPIRY, _HEARD = "spaces:seats", "spaces:expiry", "spaces:heard"


@dataclass(frozen=True)
class Seat:
    """One page of somebody; `user` is 0 for a stranger."""

    token: str
    space: UUID
    user: int


def take(space: UUID, user: int, now_s: float, *, address: str = "") -> Seat:
    """A seat for a page that comes in; strangers are told apart by where they come from."""
    seat = Seat(secrets.token_hex(16), space, user)
    with broker.client().pipeline() as pipeline:
        pipeline.hset(_SEATS, seat.token, json.dumps([str(space), user, "" if user else address]))
        pipeline.zadd(_EXPIRY, {seat.token: now_s + KEPT_S})
        pipeline.set(_HEARD, now_s)
        pipeline.execute()
    return seat


def find(token: str, now_s: float) -> Seat | None:
    """The seat of this name, while its page is there."""
    if len(token) != 32 or not token.isalnum():
        return None
    expiry = broker.client().zscore(_EXPIRY, token)
    return _read(token, broker.client().hget(_SEATS, token)) if expiry is not None and expiry > now_s else None


def renew(seat: Seat, now_s: float) -> None:
    """The page is still there."""
    with broker.client().pipeline() as pipeline:
        pipeline.zadd(_EXPIRY, {seat.token: now_s + KEPT_S}, xx=True)
        pipeline.set(_HEARD, now_s)
        pipeline.execute()


def forgive_silence(now_s: float) -> None:
    """While web is away all keep their seats, and have KEPT_S to come back to it.

    It says itself that it lives: that one of two pages is late is no sign that the other, which is dead, isn't.
    """
    heard = cast("bytes | None", broker.client().get(_HEARD))
    if heard is None or now_s - float(heard) > _LONGEST_SILENCE_S or census.living(_WEB_SILENCE_S):
        return
    seated = cast("list[bytes]", broker.client().zrangebyscore(_EXPIRY, "(0", "+inf"))
    if seated:
        broker.client().zadd(_EXPIRY, dict.fromkeys(seated, now_s + KEPT_S), xx=True)


def leave(seat: Seat) -> None:
    """The page says goodbye; the conductor finds it gone."""
    broker.client().zadd(_EXPIRY, {seat.token: 0}, xx=True)


def has_left(seat: Seat) -> bool:
    """Whether the page of a seat that isn't cleared yet said goodbye."""
    return broker.client().zscore(_EXPIRY, seat.token) == 0


def all_seats(now_s: float) -> tuple[list[Seat], list[Seat]]:
    """Who is there, and who is there no more."""
    rows = cast("dict[bytes, bytes]", broker.client().hgetall(_SEATS))
    expiries = dict(cast("list[tuple[bytes, float]]", broker.client().zrange(_EXPIRY, 0, -1, withscores=True)))
    there: list[Seat] = []
    gone: list[Seat] = []
    for token, text in rows.items():
        seat = _read(token.decode(), text)
        if seat is not None:
            (there if expiries.get(token, 0) > now_s else gone).append(seat)
    return there, gone


def forget(seat: Seat) -> None:
    """A seat that is cleared."""
    with broker.client().pipeline() as pipeline:
        pipeline.hdel(_SEATS, seat.token)
        pipeline.zrem(_EXPIRY, seat.token)
        pipeline.execute()


def clear(space: UUID, user: int | None = None) -> None:
    """Everybody leaves, or one person with all their pages."""
    rows = cast("dict[bytes, bytes]", broker.client().hgetall(_SEATS))
    for token, text in rows.items():
        seat = _read(token.decode(), text)
        if seat is not None and seat.space == space and user in (None, seat.user):
            leave(seat)


def is_seated(space: UUID, user: int) -> bool:
    rows = cast("dict[bytes, bytes]", broker.client().hgetall(_SEATS))
    seats = (_read(token.decode(), text) for token, text in rows.items())
    return any(seat and seat.space == space and seat.user == user for seat in seats)


def tokens_by_space(now_s: float) -> dict[UUID, list[str]]:
    """The seats of those who are there now; nothing is under where nobody is."""
    there, _gone = all_seats(now_s)
    found: dict[UUID, list[str]] = {}
    for seat in there:
        found.setdefault(seat.space, []).append(seat.token)
    return found


def count(space: UUID) -> int:
    """How many pages are in."""
    wanted = str(space).encode()
    rows = cast("list[bytes]", broker.client().hvals(_SEATS))
    return sum(wanted in text for text in rows)


def count_of(user: int, address: str) -> int:
    """How many pages somebody has in all Spaces; or, for 0, the strangers at this address."""
    rows = cast("list[bytes]", broker.client().hvals(_SEATS))
    return sum(json.loads(text)[1:] == [user, "" if user else address] for text in rows)


def _read(token: str, text: Any) -> Seat | None:
    if text is None:
        return None
    space, user, *_address = json.loads(text)
    return Seat(token, UUID(space), int(user))
