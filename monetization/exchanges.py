"""What the gateway's balance transactions say, also where it keeps another currency than was paid."""

from typing import Any

from monetization.currencies import CURRENCIES
from monetization.money import Money


def card_fee(charge: Any, currency: str) -> Money | None:
    """A charge's fee in the payment's own currency; None while nobody knows it.

    Where the gateway keeps another, it is the same part of the payment, to the nearest minor unit, a half up.
    """
    settled = getattr(charge, "balance_transaction", None)
    if settled is None or isinstance(settled, str):
        return None
    if settled.currency == currency:
        return Money(settled.fee, currency)
    if settled.amount <= 0:
        return None
    return Money((2 * settled.fee * charge.amount + settled.amount) // (2 * settled.amount), currency)


def kept_elsewhere(made: Any, currency: str) -> Money | None:
    """What a balance transaction moved, net, where that is in another currency, and one of ours."""
    if made is None or isinstance(made, str) or made.currency == currency or made.currency not in CURRENCIES:
        return None
    return Money(made.net, made.currency)
