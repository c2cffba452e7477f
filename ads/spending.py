"""What an advertiser may spend: what was prepaid, less what went back, all in the ledger."""

from collections.abc import Iterable

from django.db.models import Sum

from ads.amounts import to_micros, to_money
from ads.models import AdTally, Advertiser
from monetization.ledger import Account, balance_of
from monetization.models import LedgerAccount
from monetization.money import Money


def pool_of(advertiser: Advertiser) -> Account:
    """An advertiser's prepaid money."""
    return Account(LedgerAccount.Kind.AD_POOL, advertiser.owner_id)


def pool(advertiser: Advertiser) -> Money:
    return balance_of(pool_of(advertiser), advertiser.currency)


def limit_micros(advertiser: Advertiser) -> int:
    """All that was ever there to be spent: what is in the pool, and what the ledger was told has left it for ads."""
    told = AdTally.objects.filter(advertiser=advertiser, currency=advertiser.currency)
    spent_minor = told.aggregate(total=Sum("gross_minor"))["total"] or 0
    return to_micros(pool(advertiser) + Money(spent_minor, advertiser.currency))


def spent_by(advertisers: Iterable[int]) -> dict[int, int]:
    """What each has spent in micro-units, without what was reversed."""
    tallies = AdTally.objects.filter(advertiser__in=advertisers).order_by()
    return dict(tallies.values_list("advertiser").annotate(total=Sum("gross_micros")))


def spent_micros(advertiser: Advertiser) -> int:
    return spent_by([advertiser.pk]).get(advertiser.pk, 0)


def unused(advertiser: Advertiser) -> Money:
    """What is left in whole minor units, as far as PostgreSQL knows."""
    left = limit_micros(advertiser) - spent_micros(advertiser)
    return to_money(max(left, 0), advertiser.currency)
