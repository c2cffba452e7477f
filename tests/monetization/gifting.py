"""Months that bob gives, and how they come back."""

from datetime import datetime
from typing import Any

from accounts.models import User
from monetization import actions
from monetization.disputing import settle_dispute
from monetization.gateway import DisputeFacts, RefundFacts
from monetization.gifts import Wish
from monetization.models import Card, Payment, Tier
from monetization.money import Money
from monetization.refunding import settle_refund


def give(card: Card, tier: Tier, now: datetime, person: User | None = None, count: int = 1, **wish: Any) -> Payment:
    return actions.give_gift(giver=card.user, wish=Wish(tier, person, count, **wish), card=card, country="", now=now)


def refund_of(payment: Payment, now: datetime) -> None:
    """The whole of it."""
    settle_refund(RefundFacts(f"re_{payment.pk}", "", payment.provider_id, payment.amount, "paid"), now)


def dispute(payment: Payment, state: Any, now: datetime) -> None:
    facts = DisputeFacts("du_1", payment.provider_id, payment.amount, state, "fraudulent", Money(1500, "eur"))
    settle_dispute(facts, now)
