"""Numbers of bank accounts, sealed at rest: a copy of the database alone shows how they end, and no more.

The key is of its own (`BANK_SECRETS`). They are opened for the table that goes to the operator's bank, nowhere else.
"""

import logging

from django.conf import settings
from django.db import transaction

from accounts.seals import InvalidToken, Seal
from monetization.errors import SealLost

log = logging.getLogger(__name__)

_NUMBERS = Seal("bank accounts", lambda: settings.ENV.bank_secrets)


def seal(number: str) -> str:
    return _NUMBERS.seal(number)


def unseal(sealed: str) -> str:
    """Raises SealLost where no secret opens it."""
    try:
        return _NUMBERS.open(sealed)
    except InvalidToken:
        log.error("a bank account was sealed with a secret that is not among BANK_SECRETS")
        raise SealLost from None


@transaction.atomic
def seal_anew() -> tuple[int, int]:
    """Seal all numbers with the first secret: how many were, and how many no secret opens any more."""
    from monetization.models import BankAccount, Payout

    sealed = lost = 0
    for rows in (BankAccount.objects.all(), Payout.objects.exclude(sealed_number="")):
        for row in rows.select_for_update().order_by("pk").iterator():
            try:
                row.sealed_number = _NUMBERS.renew(row.sealed_number)
            except InvalidToken:
                lost += 1
                continue
            row.save(update_fields=["sealed_number"])
            sealed += 1
    return sealed, lost
