"""Stream keys are derived, never stored: `<channel id>-<HMAC(secret, channel id, key version)>`.

Resetting a key raises the channel's key version. Of several secrets the first makes keys and all are accepted, so that
a secret can be replaced without cutting everybody off. Other addresses have keys of this make, of their own kind.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

_SHAPE = re.compile(r"^(?P<id>[1-9][0-9]{0,17})-(?P<digest>[a-z2-7]{32})$")


def make_key(owner_id: int, version: int, secret: str, kind: str = "stream-key") -> str:
    """The key of a channel: 160 bits of HMAC-SHA-256 in lower-case base32 behind the channel's id."""
    message = f"{kind}:{owner_id}:{version}".encode()
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()[:20]
    return f"{owner_id}-{base64.b32encode(digest).decode().lower()}"


def id_of(key: str) -> int | None:
    """What a key claims to be of, or None when it has not even the shape of a key."""
    match = _SHAPE.fullmatch(key)
    return int(match["id"]) if match else None


def is_key_of(key: str, owner_id: int, version: int, secrets: Sequence[str], kind: str = "stream-key") -> bool:
    """Whether the key is this channel's, in time that doesn't depend on where it differs."""
    made = (make_key(owner_id, version, secret, kind) for secret in secrets)
    good = [hmac.compare_digest(key.encode(), one.encode()) for one in made]
    return any(good)
