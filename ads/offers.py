"""An offer as its viewer holds it: signed, and refused before anything is read when it was touched."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from ads.errors import BadOffer
from ads.seals import is_sealed, seal
from ads.store import to_ms

SKIP_MS = 5000
# As long as anything may still be heard of an offer: the longest ad, paused for a while.
LASTS = timedelta(minutes=30)
_LASTS_MS = round(LASTS / timedelta(milliseconds=1))
_SALT = "ads.offer"
# The fields of an offer in their order: packed, a decision and each of its events spend nothing on words.
_PACKED = struct.Struct(">16s16sQQQQIIH")


@dataclass(frozen=True, slots=True)
class Offer:
    """`id` is 32 hexadecimal digits, `viewer` a key of 16 characters; `skip_ms` is what must be seen before a skip."""

    id: str
    viewer: str
    line_id: int
    creative_id: int
    channel_id: int
    issued_ms: int
    duration_ms: int
    skip_ms: int
    share_bp: int

    def sign(self) -> str:
        packed = _PACKED.pack(
            bytes.fromhex(self.id),
            self.viewer.encode(),
            self.line_id,
            self.creative_id,
            self.channel_id,
            self.issued_ms,
            self.duration_ms,
            self.skip_ms,
            self.share_bp,
        )
        said = urlsafe_b64encode(packed)
        return f"{said.decode()}.{seal(_SALT, said)}"


def read(token: str, now: datetime) -> Offer:
    """Raises BadOffer."""
    said, _, sealed = token.partition(".")
    if not (token.isascii() and is_sealed(_SALT, said.encode(), sealed)):
        raise BadOffer
    try:
        id, viewer, *rest = _PACKED.unpack(urlsafe_b64decode(said))
    except (struct.error, ValueError) as error:
        # It was sealed by another version of this.
        raise BadOffer from error
    offer = Offer(id.hex(), viewer.decode(), *rest)
    if not 0 <= to_ms(now) - offer.issued_ms <= _LASTS_MS:
        raise BadOffer
    return offer
