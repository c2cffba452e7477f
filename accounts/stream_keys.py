"""Stream keys are derived, never stored: `<channel id>-<HMAC(secret, channel id, key version)>`.

Resetting a key raises the channel's key version. Of several secrets the first makes keys and all are accepted,
so that a secret can be replaced without cutting everybody off.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

_SHAPE = re.compile(r"^(?P<channel>[1-9][0-9]{0,17})-(?P<digest>[a-z2-7]{32})$")


def make_key(channel_id: int, version: int, secret: str) -> str:
    """The key of a channel: 160 bits of HMAC-SHA-256 in lower-case base32 behind the channel's id."""
    message = f"stream-key:{channel_id}:{version}".encode()
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()[:20]
    return f"{channel_id}-{base64.b32encode(digest).decode().lower()}"


def channel_id_of(key: str) -> int | None:
    """The channel a key claims to be of, or None when it has not even the shape of a key."""
    match = _SHAPE.fullmatch(key)
    return int(match["channel"]) if match else None


def is_key_of(key: str, channel_id: int, version: int, secrets: Sequence[str]) -> bool:
    """Whether the key is this channel's, in time that doesn't depend on where it differs."""
    good = [hmac.compare_digest(key.encode(), make_key(channel_id, version, secret).encode()) for secret in secrets]
    return any(good)
