"""What is sold as subscriptions: months, and other tiers for the rest of a month."""

from datetime import datetime

from monetization.contracts import MONTH
from monetization.models import Payment
from monetization.settling import Ware, register
from monetization.switching import SWITCH


def _ware_of(payment: Payment) -> Ware:
    return SWITCH if hasattr(payment, "tier_switch") else MONTH


def _on_paid(payment: Payment, now: datetime) -> None:
    _ware_of(payment).on_paid(payment, now)


def _on_failed(payment: Payment, now: datetime) -> None:
    _ware_of(payment).on_failed(payment, now)


def _on_refunded(payment: Payment, now: datetime) -> None:
    _ware_of(payment).on_refunded(payment, now)


def sell() -> None:
    register(Payment.Kind.SUBSCRIPTION, Ware(_on_paid, _on_failed, _on_refunded))
