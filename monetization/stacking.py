"""Where months lie that somebody is given.

Each begins when what they have there without paying ends, and when one is no more those behind it move up.

Whoever is here has locked the recipient: nobody else gives them a month, or takes one, until the transaction ends.
"""

from datetime import datetime

from django.db.models import F, Max, QuerySet

from accounts.models import Channel, User
from monetization.contracts import month_after, month_starts
from monetization.models import Contract, GivenMonth, Subscription, Tier

# From when until when it is.
Place = tuple[datetime, datetime]


def place_beside(
    contract: Contract | None, user: User, tier: Tier, now: datetime, behind: QuerySet[Subscription] | None = None
) -> Place:
    """The place of a month that puts off nothing of what somebody pays for, before those that are behind."""
    starts_at = max(_after_others(user, tier.channel, now, behind), _paid_there(contract, tier, now))
    return starts_at, month_after(starts_at, 1)


def _after_others(user: User, channel: Channel, now: datetime, behind: QuerySet[Subscription] | None) -> datetime:
    """When what ends has ended that somebody has there without paying, but for those that are behind."""
    rows = Subscription.objects.filter(user=user, channel=channel, contract__isnull=True, ends_at__gt=now)
    rows = rows.filter(ends_at__gt=F("starts_at"))
    if behind is not None:
        rows = rows.exclude(pk__in=behind)
    until: datetime | None = rows.aggregate(until=Max("ends_at"))["until"]
    return until or now


def _paid_there(contract: Contract | None, tier: Tier, now: datetime) -> datetime:
    """Until when somebody pays for that tier, if another follows it; else now."""
    if contract is None or contract.tier != tier:
        return now
    return contract.switches_at or now


def move_up(gone: GivenMonth, now: datetime) -> None:
    """Have months that haven't begun, and lay behind one that is no more, begin that much earlier, without a gap."""
    row = gone.subscription
    assert row is not None
    behind = Subscription.objects.filter(
        given_month__state=GivenMonth.State.GIVEN, user=row.user, channel=row.channel, starts_at__gt=now
    )
    behind = behind.filter(starts_at__gte=row.starts_at).order_by("starts_at", "pk")
    contract = Contract.objects.in_force().filter(user=row.user, channel=row.channel).first()
    waiting = list(behind.select_for_update(of=("self",)).select_related("given_month", "tier"))
    for number, one in enumerate(waiting):
        rest = Subscription.objects.filter(pk__in=[other.pk for other in waiting[number:]])
        place = _place_of(one, gone, contract, rest, now)
        if place and place[0] < one.starts_at:
            one.starts_at, one.ends_at = place
            one.save(update_fields=["starts_at", "ends_at"])


def _place_of(
    row: Subscription, gone: GivenMonth, contract: Contract | None, rest: QuerySet[Subscription], now: datetime
) -> Place | None:
    """Where a month lies now; None where it stays."""
    own = row.given_month.contract_id
    starts = month_starts(contract) if contract is not None and contract.pk == own else []
    if row.starts_at not in starts:
        # It was given beside what is paid for, or into a contract that has ended since.
        assert row.tier is not None
        return place_beside(contract, row.user, row.tier, now, rest)
    if own != gone.contract_id or starts.index(row.starts_at) == 0:
        return None
    # It is one of a contract's months, of which there is one less before it.
    return starts[starts.index(row.starts_at) - 1], row.starts_at
