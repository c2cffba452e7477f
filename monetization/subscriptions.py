"""Who subscribes to a channel, and for how long by now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import F, Max

from accounts.models import Channel, User
from monetization.models import Subscription, Tier
from monetization.perks import perks_of
from realtime import outbox

SUBSCRIBED, LAPSED = "monetization.subscribed", "monetization.lapsed"
FOUNDERS = 10
_LAPSES_AT_A_TIME = 500


@dataclass(frozen=True)
class Tenure:
    """What a subscriber may boast of: months begun, whether they were among the first, and which perks they have."""

    months: int
    is_founder: bool
    perks: frozenset[str]


def is_subscriber(viewer: User | AnonymousUser, channel: Channel, at: datetime) -> bool:
    """Whether somebody subscribes to a channel at a moment."""
    return viewer.is_authenticated and bool(subscribers_among([viewer.pk], channel.pk, at))


def subscribers_among(user_ids: Iterable[int], channel_id: int, at: datetime) -> set[int]:
    """Those of these users who subscribe to a channel, in one query."""
    rows = Subscription.objects.running(at).filter(channel=channel_id, user__in=list(user_ids))
    return set(rows.values_list("user", flat=True))


def tenures_of(user_ids: Iterable[int], channel: Channel, at: datetime) -> dict[int, Tenure]:
    """For those of these users who subscribe now: months count from the start of what runs without a gap, and founders
    stay so."""
    begun = Subscription.objects.filter(user__in=list(user_ids), channel=channel, starts_at__lte=at)
    rows = list(begun.select_related("tier").order_by("starts_at", "pk"))
    since: dict[int, datetime] = {}
    until: dict[int, datetime | None] = {}
    has: dict[int, frozenset[str]] = {}
    for row in rows:
        _chain(row, since, until)
        if row.ends_at is None or row.ends_at > at:
            has[row.user_id] = perks_of(row) | has.get(row.user_id, frozenset())
    founders = {row.user_id for row in rows if row.is_founder}
    return {pk: Tenure(_months(since[pk], at), pk in founders, perks) for pk, perks in has.items()}


def _chain(row: Subscription, since: dict[int, datetime], until: dict[int, datetime | None]) -> None:
    """What begins no later than what was before ends goes on with it; of anything else months count anew."""
    who = row.user_id
    before = until.get(who, row.starts_at)
    if who not in since or (before is not None and row.starts_at > before):
        since[who], until[who] = row.starts_at, row.ends_at
    elif before is not None:
        until[who] = None if row.ends_at is None else max(before, row.ends_at)


def there_until(user: User, tier: Tier, now: datetime) -> datetime | None:
    """Until when somebody has a tier that they don't pay for; None when they don't, or it has no end."""
    rows = Subscription.objects.filter(user=user, tier=tier, contract__isnull=True, ends_at__gt=now)
    rows = rows.filter(ends_at__gt=F("starts_at"))
    until: datetime | None = rows.aggregate(until=Max("ends_at"))["until"]
    return until


def _months(since: datetime, at: datetime) -> int:
    """Months begun: 1 on the first day."""
    return max(1, (at.year - since.year) * 12 + at.month - since.month - (at.day < since.day) + 1)


@transaction.atomic
def grant(
    *,
    user: User,
    channel: Channel,
    starts_at: datetime,
    ends_at: datetime | None = None,
    tier: Tier | None = None,
    is_told: bool = True,
) -> Subscription:
    """Let somebody subscribe, to a tier or with every perk. Who tells of it otherwise says so.

    The channel's row is locked, so that it has no eleventh founder.
    """
    Channel.objects.select_for_update().get(pk=channel.pk)
    before = Subscription.objects.filter(channel=channel)
    is_founder = before.filter(user=user, is_founder=True).exists() or (
        before.filter(is_founder=True).values("user").distinct().count() < FOUNDERS
    )
    row = Subscription(
        user=user, channel=channel, tier=tier, starts_at=starts_at, ends_at=ends_at, is_founder=is_founder
    )
    # That its people and its channel are there the database knows by itself.
    row.full_clean(exclude=["user", "channel", "tier"])
    row.save()
    if is_told:
        outbox.emit(SUBSCRIBED, _facts(row))
    return row


@transaction.atomic
def end(*, subscription: Subscription, now: datetime) -> Subscription:
    """End a subscription now. Harmless when it is over."""
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if row.ends_at is None or row.ends_at > now:
        row.ends_at = max(now, row.starts_at)
        row.save(update_fields=["ends_at"])
    _tell_lapse(row, now)
    return row


@transaction.atomic
def tell_lapses(now: datetime) -> int:
    """Tell of subscriptions that have run out since the last time; how many those were."""
    rows = Subscription.objects.lapsed_untold(now).select_for_update(skip_locked=True)[:_LAPSES_AT_A_TIME]
    lapsed = list(rows)
    for row in lapsed:
        _tell_lapse(row, now)
    return len(lapsed)


def end_subscriptions_of(*, user: User, now: datetime) -> None:
    """What deleting an account does here."""
    for row in Subscription.objects.running(now).filter(user=user):
        end(subscription=row, now=now)


def subscriptions_of(user: User) -> list[dict[str, Any]]:
    return [
        dict(row)
        for row in user.subscriptions.values("channel__name", "tier__name", "starts_at", "ends_at", "is_founder")
    ]


def _tell_lapse(row: Subscription, now: datetime) -> None:
    if row.lapse_told_at is None:
        row.lapse_told_at = now
        row.save(update_fields=["lapse_told_at"])
        outbox.emit(LAPSED, _facts(row))


def _facts(row: Subscription) -> dict[str, Any]:
    return {"subscription": row.pk, "user": row.user_id, "channel": row.channel_id}
