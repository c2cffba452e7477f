"""Secrets of second factors, sealed at rest: a copy of the database alone logs nobody in.

The key is of its own (`TOTP_SECRETS`); what was written before there was one is read as it is.
"""

import base64
import logging
import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from accounts.seals import InvalidToken, Seal

log = logging.getLogger(__name__)

_SEALED = ("secret", "seed")
_FACTORS = Seal("second factors", lambda: settings.ENV.totp_secrets)


def seal(text: str) -> str:
    return _FACTORS.seal(text)


def unseal(text: str) -> str:
    """What was sealed. What no secret opens becomes a secret that nobody knows: no code is right for it."""
    try:
        return _FACTORS.open(text)
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
    anew = {name: _FACTORS.renew(value) if name in _SEALED else value for name, value in data.items()}
    if "migrated_codes" in data:
        anew["migrated_codes"] = [_FACTORS.renew(code) for code in data["migrated_codes"]]
    return anew
