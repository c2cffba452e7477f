"""An offer as its viewer holds it: signed, and refused before anything is read when it was touched."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from ads.errors import BadOffer
from ads.seals import is_sealed, seal
from ads.store import to_ms

SKIP_MS = 5000
# As long as anything may still be heard of an offer: the longest ad, paused for a while.
LASTS = timedelta(minutes=30)
_SALT = "ads.offer"


@dataclass(frozen=True, slots=True)
class Offer:
    """`d` and `s` are the ad's length and what must be seen of it, in ms; `b` is the streamer's share."""

    o: str
    l: int  # noqa: E741 each letter is sent with each event
    n: int
    c: int
    v: str
    i: int
    d: int
    s: int
    b: int

    @property
    def id(self) -> str:
        return self.o

    @property
    def creative_id(self) -> int:
        return self.n

    def sign(self) -> str:
        text = json.dumps([getattr(self, name) for name in _NAMES], separators=(",", ":"))
        said = urlsafe_b64encode(text.encode())
        return f"{said.decode()}.{seal(_SALT, said)}"


_NAMES = tuple(one.name for one in fields(Offer))


def read(token: str, now: datetime) -> Offer:
    """Raises BadOffer."""
    said, _, sealed = token.partition(".")
    if not (token.isascii() and is_sealed(_SALT, said.encode(), sealed)):
        raise BadOffer
    try:
        offer = Offer(*json.loads(urlsafe_b64decode(said)))
    except (TypeError, ValueError) as error:
        raise BadOffer from error
    if not 0 <= to_ms(now) - offer.i <= LASTS.total_seconds() * 1000:
        raise BadOffer
    return offer
