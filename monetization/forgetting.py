"""What is known of somebody's money, and what of it goes with their account."""

from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.queues import enqueue_on_commit
from monetization.models import Card, Customer, Payment, Tip


def forget_cards_of(*, user: User, now: datetime) -> None:
    """Cards go, here at once and at the gateway soon; the words of tips go; payments stay in the books."""
    cards = list(Card.objects.filter(user=user).values_list("provider_id", flat=True))
    Card.objects.filter(user=user).delete()
    Customer.objects.filter(user=user).update(country="")
    Tip.objects.filter(payment__payer=user).update(message="", words=Tip.Words.DROPPED)
    if cards:
        from monetization.tasks import drop_cards

        enqueue_on_commit(drop_cards, cards)


def payments_of(user: User) -> dict[str, Any]:
    """For whoever wants to know what is known of them."""
    facts = ("kind", "state", "channel__name", "currency", "amount_minor", "refunded_minor", "card_label", "created_at")
    return {
        "billing_country": Customer.objects.filter(user=user).values_list("country", flat=True).first(),
        "cards": list(user.cards.values("brand", "last4", "exp_month", "exp_year", "added_at")),
        "payments": list(Payment.objects.filter(payer=user).values(*facts, "tip__message")),
    }
