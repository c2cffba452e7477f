"""What an advertiser may spend: what was prepaid, less what went back, all in the ledger."""

from django.db.models import Sum

from ads.amounts import to_micros, to_money
from ads.models import AdCharge, AdTally, Advertiser
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


def spent_micros(advertiser: Advertiser) -> int:
    charges = AdCharge.objects.filter(advertiser=advertiser).exclude(state=AdCharge.State.REVERSED)
    return charges.aggregate(total=Sum("gross_micros"))["total"] or 0


def unused(advertiser: Advertiser) -> Money:
    """What is left in whole minor units, as far as PostgreSQL knows."""
    left = limit_micros(advertiser) - spent_micros(advertiser)
    return to_money(max(left, 0), advertiser.currency)
