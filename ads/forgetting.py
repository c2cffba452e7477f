"""What is known of somebody who advertises, and what of it goes with their account."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import User
from ads.models import Advertiser, BalanceRefund, Campaign, TopUp
from ads.spending import unused


def forget_advertiser(*, user: User, now: datetime) -> None:
    """Nothing of theirs runs any more. Raises AccountsError while prepaid money is left or on its way."""
    advertiser = Advertiser.objects.filter(owner=user).first()
    if advertiser is None:
        return
    # Asked first: what is settled between the two questions is in the balance by then.
    if _is_unsettled(advertiser):
        raise AccountsError(_("A payment to or from your ad balance is still being settled. Try again once it is."))
    left = unused(advertiser)
    if left:
        raise AccountsError(_("%(amount)s of your ad balance is unused. Have it given back first.") % {"amount": left})
    Campaign.objects.filter(advertiser=advertiser).update(state=Campaign.State.REJECTED)
    Advertiser.objects.filter(pk=advertiser.pk).update(
        state=Advertiser.State.REFUSED, name=f"former-{advertiser.pk}", website=""
    )


def _is_unsettled(advertiser: Advertiser) -> bool:
    paying = TopUp.objects.filter(advertiser=advertiser, state__in=[TopUp.State.ASKED, TopUp.State.ACTION])
    back = BalanceRefund.objects.filter(top_up__advertiser=advertiser, state=BalanceRefund.State.ASKED)
    return paying.exists() or back.exists()


def advertiser_facts(user: User) -> dict[str, Any]:
    """For whoever wants to know what is known of them."""
    paid = TopUp.objects.filter(advertiser__owner=user)
    return {
        "advertiser": Advertiser.objects.filter(owner=user).values("name", "website", "currency", "state").first(),
        "campaigns": list(Campaign.objects.filter(advertiser__owner=user).values("name", "state", "created_at")),
        "top_ups": list(paid.values("currency", "amount_minor", "refunded_minor", "state", "card_label", "created_at")),
    }
