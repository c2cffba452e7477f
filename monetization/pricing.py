"""What a month of a tier costs, where and when.

A country's own price goes before the one for everywhere else. The price of a period is the one that holds when the
period begins, so that a change is for new periods alone. A rise, or a change of currency, holds only after `NOTICE`
where somebody has the tier, who is told at once; anything else holds at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction

from accounts import audit
from accounts.models import User
from monetization.currencies import MOST_MINOR
from monetization.errors import OffStep, TooLittle, TooMuch
from monetization.models import Subscription, Tier, TierPrice
from monetization.money import Money
from realtime import outbox

NOTICE = timedelta(days=30)
PRICE_RISES = "monetization.price_rises"


class DatedPrice(Protocol):
    """A row of a price list: of a country or, for "", of wherever no country has its own."""

    pk: int
    country: str
    starts_at: datetime

    @property
    def price(self) -> Money | None: ...


@dataclass(frozen=True, slots=True)
class Coming:
    """A price that is announced: what it will be, from when on. None: the country's own price ends."""

    price: Money | None
    starts_at: datetime


def price_for(tier: Tier, country: str, at: datetime) -> Money:
    """What a period costs that begins then. A country that is unknown ("") pays what everybody else does."""
    return price_in(country, prices_of(tier, at))


def price_in(country: str, prices: Mapping[str, Money]) -> Money:
    """Of a price list what somebody pays there."""
    return prices[country] if country in prices else prices[""]


def prices_of(tier: Tier, at: datetime) -> dict[str, Money]:
    """The prices that hold, by country; that for everywhere else is ""."""
    return prices_at(tier.prices.all(), at)


def prices_at(rows: Iterable[DatedPrice], at: datetime) -> dict[str, Money]:
    """The same of any price list."""
    begun = sorted((row for row in rows if row.starts_at <= at), key=lambda row: (row.starts_at, row.pk))
    latest = {row.country: row.price for row in begun}
    return {country: price for country, price in latest.items() if price is not None}


def coming_for(tier: Tier, at: datetime) -> dict[str, Coming]:
    """What is announced, by country."""
    later = sorted((row for row in tier.prices.all() if row.starts_at > at), key=lambda row: row.pk)
    return {row.country: Coming(row.price, row.starts_at) for row in later}


def check_price(price: Money) -> None:
    """Whether the gateway would charge it. Raises TooLittle, TooMuch, OffStep."""
    about = price.about
    if price.amount_minor < about.minimum_minor:
        raise TooLittle(minimum=Money(about.minimum_minor, about.code))
    if price.amount_minor > MOST_MINOR:
        raise TooMuch(maximum=Money(MOST_MINOR, about.code))
    if price.amount_minor % about.step_minor:
        raise OffStep(step=Money(about.step_minor, about.code))


@transaction.atomic
def set_price(*, tier: Tier, country: str, price: Money | None, by: User, now: datetime) -> datetime:
    """Set what a tier costs in a country, or everywhere else (""); None ends a country's own. From when on it holds.

    What was announced before and hasn't begun is taken back. Raises TooLittle, TooMuch or OffStep.
    """
    if price is not None:
        check_price(price)
    tier = Tier.objects.select_for_update().get(pk=tier.pk)
    TierPrice.objects.filter(tier=tier, country=country, starts_at__gt=now).delete()
    held = prices_of(tier, now)
    own, present = held.get(country), held.get(country) or held.get("")
    if own == price:
        return now
    # A country that loses its own price pays what everybody else will pay, of which it was told nothing so far.
    coming = coming_for(tier, now).get("")
    wanted = [price] if price else [held[""], *([coming.price] if coming and coming.price else [])]
    starts_at = now + NOTICE if any(_is_rise(tier, present, one, now) for one in wanted) else now
    minor, currency = (price.amount_minor, price.currency) if price else (None, held[country].currency)
    row = TierPrice.objects.create(
        tier=tier, country=country, currency=currency, amount_minor=minor, starts_at=starts_at, set_at=now
    )
    facts = {"tier": tier.pk, "country": country, "amount_minor": minor, "currency": currency}
    audit.record(by, "set price", tier.channel, **facts, starts_at=starts_at.isoformat())
    if starts_at > now:
        outbox.emit(PRICE_RISES, {"price": row.pk})
    return starts_at


def _is_rise(tier: Tier, present: Money | None, price: Money, now: datetime) -> bool:
    """Whether somebody who has the tier would pay more, or in another currency."""
    if present is None or not Subscription.objects.running(now).filter(tier=tier).exists():
        return False
    return price.currency != present.currency or price.amount_minor > present.amount_minor
