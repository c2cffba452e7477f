"""Paying creators each week or month: everybody once an occasion, however often and however late it is run.

Weeks begin on Monday, months on the first, by UTC. What was missed altogether isn't made up for: the balance is paid at
the next occasion.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F, Q

from accounts import audit
from accounts.models import User
from monetization.errors import GatewayAway, MonetizationError
from monetization.models import LedgerAccount, Payout, PayoutPlan, PayoutRun, PayoutSettings
from monetization.models.plans import Rhythm
from monetization.paying_out import pay_on
from monetization.payouts import threshold_of

log = logging.getLogger(__name__)


def rhythm_of(user: User) -> str:
    """When somebody is paid: as they chose, or else as the house does."""
    plan = PayoutPlan.objects.filter(user=user).first()
    return (plan.rhythm if plan else "") or PayoutSettings.load().rhythm


@transaction.atomic
def set_plan(*, user: User, rhythm: str, seller: str, by: User, now: datetime) -> PayoutPlan:
    """Choose when to be paid ("" is as the house does), and what stands on one's statements. Raises ValidationError."""
    row = PayoutPlan.objects.filter(user=user).first() or PayoutPlan(user=user)
    row.rhythm, row.seller, row.changed_at = rhythm, seller.strip(), now
    row.full_clean()
    row.save()
    audit.record(by, "changed payout plan", user, rhythm=rhythm)
    return row


def occasion_of(rhythm: str, now: datetime) -> str:
    """The week or month that it is."""
    at = now.astimezone(UTC)
    week = at.isocalendar()
    return f"{week.year}-W{week.week:02}" if rhythm == Rhythm.WEEKLY else f"{at:%Y-%m}"


def pay_due(now: datetime) -> int:
    """Pay everybody whose week or month has begun; how many payouts that makes. Harmless however often."""
    return sum(_run(rhythm, now) for rhythm in (Rhythm.WEEKLY, Rhythm.MONTHLY))


def _run(rhythm: Rhythm, now: datetime) -> int:
    occasion = occasion_of(rhythm, now)
    run, _ = PayoutRun.objects.get_or_create(occasion=occasion, defaults={"rhythm": rhythm, "begun_at": now})
    if run.done_at is not None:
        return 0
    made = [payout for creator, currency in list(_due(rhythm)) if (payout := _pay(creator, currency, occasion, now))]
    PayoutRun.objects.filter(pk=run.pk).update(done_at=now, count=F("count") + len(made))
    return len(made)


def _due(rhythm: Rhythm) -> Iterator[tuple[User, str]]:
    """Who is paid so, and has reached the threshold."""
    chosen = Q(payout_plan__rhythm=rhythm)
    if PayoutSettings.load().rhythm == rhythm:
        chosen |= Q(payout_plan=None) | Q(payout_plan__rhythm="")
    creators = User.objects.filter(chosen, is_active=True)
    accounts = LedgerAccount.objects.filter(kind="payable", balance_minor__gt=0, owner__in=creators)
    least: dict[str, int] = {}
    for row in accounts.select_related("owner").order_by("currency", "owner"):
        if row.currency not in least:
            least[row.currency] = threshold_of(row.currency).amount_minor
        if row.owner is not None and row.balance_minor >= least[row.currency]:
            yield row.owner, row.currency


def _pay(creator: User, currency: str, occasion: str, now: datetime) -> Payout | None:
    """Who can't be paid is paid another time; nobody waits for them."""
    try:
        return pay_on(occasion=occasion, creator=creator, currency=currency, now=now)
    except GatewayAway:
        raise
    except MonetizationError as refusal:
        log.info("%s isn't paid in %s: %s", creator.pk, occasion, refusal.code)
    except Exception:
        log.exception("%s can't be paid in %s", creator.pk, occasion)
    return None
