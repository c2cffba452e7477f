"""What somebody wants of others' gifts and of lists of names, and what is known of their gifts."""

from datetime import datetime
from typing import Any

from accounts.models import User
from monetization.gifts import end_gifts_of
from monetization.models import Gift, GivenMonth, Wishes


def wishes_of(user: User) -> Wishes:
    return Wishes.objects.filter(user=user).first() or Wishes(user=user)


def set_wishes(*, user: User, takes_gifts: bool, is_ranked: bool) -> None:
    Wishes.objects.update_or_create(user=user, defaults={"takes_gifts": takes_gifts, "is_ranked": is_ranked})


def forget(*, user: User, now: datetime) -> None:
    """What deleting an account does."""
    end_gifts_of(user=user, now=now)
    Wishes.objects.filter(user=user).delete()


def gifts_of(user: User) -> dict[str, Any]:
    """For whoever wants to know what is known of them. Who wanted no name isn't named here either."""
    gave = Gift.objects.filter(payment__payer=user)
    facts = ("tier__name", "tier__channel__name", "is_drawn", "is_anonymous", "price_minor", "payment__currency")
    got = GivenMonth.objects.received_by(user).select_related("gift__payment__payer", "gift__tier__channel")
    return {
        "gave": list(gave.values(*facts, "payment__created_at")),
        "got": [
            {
                "channel": month.gift.tier.channel.name,
                "tier": month.gift.tier.name,
                "state": month.state,
                "by": month.gift.shown_giver.username if month.gift.shown_giver else "",
                "at": month.given_at,
            }
            for month in got
        ],
        "wishes": Wishes.objects.filter(user=user).values("takes_gifts", "is_ranked").first(),
    }
