"""What is sold as subscriptions: months, other tiers for the rest of a month, and months for others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from monetization import stopping
from monetization.contracts import MONTH
from monetization.gifts import GIFT
from monetization.models import Payment
from monetization.settling import Ware, register
from monetization.switching import SWITCH

_STOPS = {"on_disputed": stopping.on_disputed, "on_won": stopping.on_won, "on_lost": stopping.on_lost}
_MONTH, _SWITCH = replace(MONTH, **_STOPS), replace(SWITCH, **_STOPS)


def _ware_of(payment: Payment) -> Ware:
    if hasattr(payment, "gift"):
        return GIFT
    return _SWITCH if hasattr(payment, "tier_switch") else _MONTH


def _hand_on(name: str) -> Callable[[Payment, datetime], None]:
    def act(payment: Payment, now: datetime) -> None:
        getattr(_ware_of(payment), name)(payment, now)

    return act


def sell() -> None:
    acts = {
        name: _hand_on(name)
        for name in ("on_paid", "on_failed", "on_refunded", "on_lost", "on_returned", "on_disputed", "on_won")
    }
    register(Payment.Kind.SUBSCRIPTION, Ware(**acts))
