"""Secrets of second factors, sealed at rest: a copy of the database alone logs nobody in.

The key is of its own (`TOTP_SECRETS`). The first of several seals, each opens; what was written before there was a
key is read as it is.
"""

import base64
import logging
import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

PREFIX = "sealed:"
_SEALED = ("secret", "seed")


def seal(text: str) -> str:
    return PREFIX + _fernet().encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """What was sealed. What no secret opens becomes a secret that nobody knows: no code is right for it."""
    if not text.startswith(PREFIX):
        return text
    try:
        return _fernet().decrypt(text.removeprefix(PREFIX).encode()).decode()
    except InvalidToken:
        log.error("a second factor was sealed with a secret that is not among TOTP_SECRETS")
        return base64.b32encode(secrets.token_bytes(20)).decode()


@transaction.atomic
def seal_anew() -> tuple[int, int]:
    """Seal all second factors with the first secret: how many were, and how many no secret opens any more."""
    sealed = lost = 0
    for row in Authenticator.objects.select_for_update():
        try:
            row.data = _sealed_anew(row.data)
        except InvalidToken:
            lost += 1
            continue
        row.save(update_fields=["data"])
        sealed += 1
    return sealed, lost


def _sealed_anew(data: dict[str, Any]) -> dict[str, Any]:
    anew = {name: _rotate(value) if name in _SEALED else value for name, value in data.items()}
    if "migrated_codes" in data:
        anew["migrated_codes"] = [_rotate(code) for code in data["migrated_codes"]]
    return anew


def _rotate(text: str) -> str:
    if not text.startswith(PREFIX):
        return seal(text)
    return PREFIX + _fernet().rotate(text.removeprefix(PREFIX).encode()).decode()


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in settings.ENV.totp_secrets])


def _key(secret: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"estrade: second factors").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
