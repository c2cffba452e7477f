"""An offer as its viewer holds it: signed, and refused before anything is read when it was touched."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.core import signing

from ads.errors import BadOffer

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
        return signing.dumps(asdict(self), salt=_SALT)


def read(token: str, now: datetime) -> Offer:
    """Raises BadOffer."""
    try:
        offer = Offer(**signing.loads(token, salt=_SALT))
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise BadOffer from error
    if not 0 <= now.timestamp() * 1000 - offer.i <= LASTS.total_seconds() * 1000:
        raise BadOffer
    return offer
