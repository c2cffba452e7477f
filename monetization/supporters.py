"""Who gave a channel most: by name, unless they gave without it or don't want to be in such lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum

from accounts.models import Channel, User
from monetization.goals import kept
from monetization.models import Tip
from monetization.money import Money
from monetization.tips import tips_of
from streaming.models import Broadcast

SHOWN = 5
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Supporter:
    """What somebody gave, less what went back."""

    user: User
    amount: Money


@dataclass(frozen=True, slots=True)
class Supporters:
    """`span` is "broadcast", "lately" or "ever"."""

    span: str
    people: list[Supporter]


def top_supporters(channel: Channel, broadcast: Broadcast | None, now: datetime) -> list[Supporters]:
    """Those spans in which anybody gave something, in the currency in which the channel takes tips."""
    return [one for one in _spans(channel, broadcast, now) if one.people]


def _spans(channel: Channel, broadcast: Broadcast | None, now: datetime) -> Iterator[Supporters]:
    currency = tips_of(channel).currency
    rows = Tip.objects.paid().filter(payment__channel=channel, payment__currency=currency, is_anonymous=False)
    rows = rows.exclude(payment__payer__money_wishes__is_ranked=False).filter(payment__payer__is_active=True)
    rows = rows.exclude(payment__payer__blocked_by__blocker=channel.owner_id or 0)
    if broadcast is not None:
        yield Supporters("broadcast", _first(rows.filter(payment__broadcast=broadcast), currency))
    yield Supporters("lately", _first(rows.filter(payment__settled_at__gt=now - LATELY), currency))
    yield Supporters("ever", _first(rows, currency))


def _first(rows: QuerySet[Tip], currency: str) -> list[Supporter]:
    sums = rows.order_by().values("payment__payer").annotate(total=Sum(kept("payment__"))).filter(total__gt=0)
    best = {row["payment__payer"]: row["total"] for row in sums.order_by("-total", "payment__payer")[:SHOWN]}
    users = User.objects.in_bulk(best)
    return [Supporter(users[pk], Money(total, currency)) for pk, total in best.items()]
