"""What is known of somebody who advertises, and what of it goes with their account."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import User
from ads.models import Advertiser, Campaign, TopUp
from ads.spending import unused


def forget_advertiser(*, user: User, now: datetime) -> None:
    """Nothing of theirs runs any more. Raises AccountsError while prepaid money is left."""
    advertiser = Advertiser.objects.filter(owner=user).first()
    if advertiser is None:
        return
    left = unused(advertiser)
    if left:
        raise AccountsError(_("%(amount)s of your ad balance is unused. Have it given back first.") % {"amount": left})
    Campaign.objects.filter(advertiser=advertiser).update(state=Campaign.State.REJECTED)
    Advertiser.objects.filter(pk=advertiser.pk).update(
        state=Advertiser.State.REFUSED, name=f"former-{advertiser.pk}", website=""
    )


def advertiser_facts(user: User) -> dict[str, Any]:
    """For whoever wants to know what is known of them."""
    paid = TopUp.objects.filter(advertiser__owner=user)
    return {
        "advertiser": Advertiser.objects.filter(owner=user).values("name", "website", "currency", "state").first(),
        "campaigns": list(Campaign.objects.filter(advertiser__owner=user).values("name", "state", "created_at")),
        "top_ups": list(paid.values("currency", "amount_minor", "refunded_minor", "state", "card_label", "created_at")),
    }
