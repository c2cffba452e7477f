"""What a creator leaves behind: nothing that is still owed, and no account to be paid to."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import User
from monetization.earnings import balances_of
from monetization.models import BankAccount, ConnectedAccount, LeftAccount, Payout, PayoutPlan, Residence
from monetization.money import Money


def settle_up(*, user: User, now: datetime) -> None:
    """Forget where somebody lives and is paid; their accounts with the gateway are closed by the next sweep. Raises
    AccountsError while something is owed to them."""
    waiting = [str(money) for money in _waiting(user)]
    if waiting:
        raise AccountsError(
            _("You are still owed %(amounts)s. Have it paid out first.") % {"amounts": ", ".join(waiting)}
        )
    Residence.objects.filter(user=user).delete()
    BankAccount.objects.filter(user=user).delete()
    accounts = ConnectedAccount.objects.filter(user=user)
    # Also those of which no answer came: they may have been opened.
    LeftAccount.objects.bulk_create(
        LeftAccount(key=row.key, provider_id=row.provider_id, left_at=now) for row in accounts
    )
    accounts.delete()
    PayoutPlan.objects.filter(user=user).delete()
    Payout.objects.filter(creator=user).update(holder="", sealed_number="", ends_in="", bic="")


def earnings_facts(user: User) -> dict[str, Any]:
    """What is known of somebody who earns."""
    payouts = user.payouts.values(
        "currency", "amount_minor", "state", "holder", "ends_in", "destination", "made_at", "settled_at"
    )
    return {
        "countries": list(user.residences.values("country", "since")),
        "bank_account": BankAccount.objects.filter(user=user).values("holder", "ends_in", "bic").first(),
        "payout_plan": PayoutPlan.objects.filter(user=user).values("rhythm", "seller").first(),
        "connected_accounts": list(user.connected_accounts.values("country", "provider_id", "state", "created_at")),
        "payouts": list(payouts),
        "adjustments": list(user.adjustments.values("currency", "amount_minor", "reason", "state", "proposed_at")),
    }


def _waiting(user: User) -> list[Money]:
    found = balances_of(user).values()
    return [money for one in found if (money := one.available + one.held + one.in_transit)]
