"""Gathering a viewer's renewals into one charge, because the card's fee eats a charge of one euro.

What is due within a week of the first is charged with it: never late, at most a week early, in one currency. The
periods that are paid for stay as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monetization.money import Money

MOST_EARLY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription whose next period begins at `due_at`, and what that costs."""

    subscription: int
    due_at: datetime
    price: Money


@dataclass(frozen=True, slots=True)
class Gathered:
    """One charge, at the moment at which the first of its renewals is due."""

    charge_at: datetime
    renewals: tuple[Due, ...]

    @property
    def amount(self) -> Money:
        currency = self.renewals[0].price.currency
        return Money(sum(one.price.amount_minor for one in self.renewals), currency)


def gather(renewals: Iterable[Due]) -> list[Gathered]:
    """The charges of one viewer's renewals, earliest first; the same whatever order they come in."""
    charges: list[list[Due]] = []
    running: dict[str, list[Due]] = {}
    for one in sorted(renewals, key=lambda one: (one.due_at, one.subscription)):
        group = running.get(one.price.currency)
        if group is None or one.due_at > group[0].due_at + MOST_EARLY:
            group = running[one.price.currency] = []
            charges.append(group)
        group.append(one)
    return [Gathered(group[0].due_at, tuple(group)) for group in charges]


def share_out(fee: Money, prices: Sequence[Money]) -> list[Money]:
    """A charge's card fee, borne by what it paid for in proportion: to the last minor unit, the first ones the rest."""
    whole = sum(price.amount_minor for price in prices)
    shares = [fee.amount_minor * price.amount_minor // whole for price in prices]
    rest = fee.amount_minor - sum(shares)
    return [Money(share + (number < rest), fee.currency) for number, share in enumerate(shares)]
