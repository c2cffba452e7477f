"""Short seals over what players hold or are known by: keyed BLAKE2b (RFC 7693, 2.9) of 144 bits.

Django's signing derives its key anew for each value; here each decision and each event needs several, for which HMAC
takes twice as long.
"""

import hmac
from base64 import urlsafe_b64encode
from functools import cache
from hashlib import blake2b, sha256

from django.conf import settings
from django.utils.encoding import force_bytes

_BYTES = 18


def seal(salt: str, text: bytes) -> str:
    """24 characters that nobody can make for another text, or without this house's secret."""
    return _seal(_keys(salt, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)[0], text)


def is_sealed(salt: str, text: bytes, seal: str) -> bool:
    """By the secret of today, or by one that it replaces."""
    keys = _keys(salt, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(_seal(key, text), seal) for key in keys)


def _seal(key: bytes, text: bytes) -> str:
    return urlsafe_b64encode(blake2b(text, key=key, digest_size=_BYTES).digest()).decode()


@cache
def _keys(salt: str, *secrets: str | bytes) -> tuple[bytes, ...]:
    return tuple(hmac.digest(sha256(force_bytes(one)).digest(), salt.encode(), "sha256") for one in secrets)
