"""Goals of tips: how far they are, and telling the pages and overlays that show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, F, Sum, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts import audit
from accounts.models import Channel, User
from monetization import tip_overlays
from monetization.errors import GoalInThePast
from monetization.locking import lock_people
from monetization.models import Payment, Tip, TipGoal
from monetization.money import Money
from monetization.pricing import check_price
from realtime import publish

TOPIC = "tips.goal"


@dataclass(frozen=True, slots=True)
class Progress:
    """A goal and what was given for it, less what went back."""

    goal: TipGoal
    raised: Money

    @property
    def percent(self) -> int:
        return min(100, self.raised.amount_minor * 100 // self.goal.amount_minor)

    def described(self) -> dict[str, Any]:
        """For pages that are open, which write amounts in their own language."""
        return {
            "title": self.goal.title,
            "currency": self.goal.currency.upper(),
            "raised": str(self.raised.decimal),
            "wanted": str(self.goal.amount.decimal),
            "percent": self.percent,
        }


def progress_of(channel: Channel, now: datetime) -> Progress | None:
    """How far the channel's goal is; None when it has none now."""
    goal = TipGoal.objects.running(now).filter(channel=channel).first()
    if goal is None:
        return None
    rows = Tip.objects.paid().filter(payment__channel=channel, payment__currency=goal.currency)
    rows = rows.filter(payment__settled_at__gte=goal.starts_at)
    if goal.ends_at is not None:
        rows = rows.filter(payment__settled_at__lt=goal.ends_at)
    return Progress(goal, Money(sum_kept(rows.values_list("payment", flat=True)), goal.currency))


def sum_kept(payments: Any) -> int:
    """What is left of payments, in minor units."""
    return int(Payment.objects.filter(pk__in=payments).aggregate(total=Sum(kept()))["total"] or 0)


def kept(way: str = "") -> Greatest:
    """What is left of the payment that `way` leads to: nothing of one that went back and is in dispute as well."""
    left = F(f"{way}amount_minor") - F(f"{way}refunded_minor") - F(f"{way}disputed_minor")
    return Greatest(left, Value(0), output_field=BigIntegerField())


@transaction.atomic
def set_goal(
    *, channel: Channel, title: str, amount: Money, ends_at: datetime | None, by: User, now: datetime
) -> TipGoal:
    """Collect for something from now on; what was collected for before ends. Raises GoalInThePast, or what is wrong
    with the amount."""
    check_price(amount)
    if ends_at is not None and ends_at <= now:
        raise GoalInThePast
    _close(channel, now)
    goal = TipGoal(
        channel=channel,
        title=title,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        starts_at=now,
        ends_at=ends_at,
    )
    goal.full_clean()
    goal.save()
    audit.record(by, "set goal of tips", channel, goal=goal.pk, title=title, amount=str(amount.decimal))
    tell_on_commit(channel)
    return goal


@transaction.atomic
def close_goal(*, channel: Channel, by: User, now: datetime) -> None:
    """Collect for nothing any more. Harmless when nothing is."""
    if _close(channel, now):
        audit.record(by, "closed goal of tips", channel)
        tell_on_commit(channel)


def _close(channel: Channel, now: datetime) -> int:
    lock_people(channel.owner_id)
    Channel.objects.select_for_update().get(pk=channel.pk)
    return TipGoal.objects.filter(channel=channel, closed_at__isnull=True).update(closed_at=now)


def tell_on_commit(channel: Channel) -> None:
    """Have open pages and overlays show how far it is once this is committed."""
    transaction.on_commit(lambda: _tell(channel))


def _tell(channel: Channel) -> None:
    event = describe(channel)
    publish(f"{TOPIC}.{channel.pk}", event)
    if topic := tip_overlays.topic_of(channel):
        publish(topic, event)


def describe(channel: Channel) -> dict[str, Any]:
    progress = progress_of(channel, timezone.now())
    return {"type": "goal", "goal": progress.described() if progress else None}
