"""What a creator earned with each broadcast: tips, gifts and subscriptions begun while it was on air, and what apps
above register (ads).

A payment knows the broadcast that was on air when its payer paid. What goes back later is taken off there, too.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db.models import CharField, Q, Sum, Value
from django.db.models.functions import Cast, Concat

from accounts.models import Channel, User
from monetization.earnings import NOBODYS, Figures, figures_of
from monetization.models import LedgerLine, Payment
from streaming.models import Broadcast


@dataclass(frozen=True, slots=True)
class BroadcastEarned:
    """Of what, in one currency."""

    broadcast: Broadcast
    kind: str
    currency: str
    figures: Figures


Brought = tuple[UUID, str, Figures]
Part = Callable[[Channel, Sequence[UUID]], Iterable[Brought]]
_parts: dict[str, Part] = {}


def register(kind: str, part: Part) -> None:
    """What an app above knows: for these broadcasts, in each currency, in a constant number of queries."""
    _parts[kind] = part


def earned_with(channel: Channel, creator: User, broadcasts: Sequence[Broadcast]) -> list[BroadcastEarned]:
    """All figures of these broadcasts, in their order."""
    ids = [one.pk for one in broadcasts]
    found: dict[tuple[UUID, str, str], Figures] = {}
    for broadcast, kind, currency, figures in (*_paid(channel, creator, ids), *_others(channel, ids)):
        key = (broadcast, kind, currency)
        found[key] = found.get(key, Figures()) + figures
    place = {pk: number for number, pk in enumerate(ids)}
    order = sorted(found, key=lambda key: (place[key[0]], key[1:]))
    return [BroadcastEarned(broadcasts[place[key[0]]], key[1], key[2], found[key]) for key in order]


def _others(channel: Channel, ids: Sequence[UUID]) -> Iterator[tuple[UUID, str, str, Figures]]:
    for kind, part in _parts.items():
        for broadcast, currency, figures in part(channel, ids):
            yield broadcast, kind, currency, figures


def _paid(channel: Channel, creator: User, ids: Sequence[UUID]) -> Iterator[tuple[UUID, str, str, Figures]]:
    """Of tips, gifts and first months, by the ledger's entries that are about their payments."""
    begun = Q(tip__isnull=False) | Q(gift__isnull=False) | Q(period__number=1)
    rows = Payment.objects.filter(begun, channel=channel, broadcast__in=ids, state=Payment.State.PAID)
    keyed = rows.annotate(source=Concat(Value("payment-"), Cast("id", CharField()))).order_by()
    of = {row[0]: row[1:] for row in keyed.values_list("source", "broadcast", "kind", "gift")}
    names = ("entry__source", "entry__kind", "currency")
    lines = LedgerLine.objects.filter(entry__source__in=of, entry__creator=creator).exclude(account__kind__in=NOBODYS)
    sums = lines.values(*names, "account__kind").annotate(total=Sum("amount_minor")).order_by(*names)
    for (source, kind, currency), group in groupby(sums, lambda row: tuple(row[name] for name in names)):
        broadcast, about, gift = of[source]
        yield broadcast, "gift" if gift else about, currency, figures_of(kind, group)
