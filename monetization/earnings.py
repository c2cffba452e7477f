"""What a creator has earned, from the ledger: by month and kind, to the last minor unit.

Every entry that moves what they are owed is about one creator. Of its lines: what they are owed (payable, held, less
what they owe), what the platform took as income and spent on the card, and tax. These sum to what was paid, or given
back. So gross - refunds - card fees - platform - tax = net, always. Months are UTC's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import User
from monetization.adjustments import ADJUSTMENT
from monetization.event_ends import RELEASED
from monetization.models import LedgerAccount, LedgerEntry, LedgerLine
from monetization.money import Money
from monetization.payouts import PAYOUT, RETURNED

Kind = LedgerAccount.Kind
OWED = (Kind.PAYABLE, Kind.RECEIVABLE, Kind.HELD)
# Where the gateway keeps another currency than was paid, an entry has lines in that, of which nothing is earned.
NOBODYS = (Kind.GATEWAY, Kind.EXCHANGE)
# What these entries move was counted when it was earned.
MOVES = (PAYOUT, RETURNED, RELEASED)
_BACK = ("reverse-", "refund-", "dispute-", "hold-", "release-")


@dataclass(frozen=True, slots=True)
class Figures:
    """Minor units of one currency, each as it counts for the creator: all but gross and net is taken off."""

    gross: int = 0
    refunds: int = 0
    card_fees: int = 0
    platform: int = 0
    tax: int = 0
    net: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def shown(self, currency: str) -> dict[str, Money]:
        return {one.name: Money(getattr(self, one.name), currency) for one in fields(self)}


@dataclass(frozen=True, slots=True)
class Earned:
    """What came in, in a month, of a kind."""

    month: date
    kind: str
    currency: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class EntryEarned:
    """One entry of the ledger."""

    posted_at: datetime
    kind: str
    source: str
    currency: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Balance:
    """What a creator has in a currency: to be paid out, waiting for an event's end, on its way, and what they owe."""

    available: Money
    held: Money
    in_transit: Money
    owing: Money


def earned_by_month(creator: User) -> list[Earned]:
    """Everything that was ever earned, oldest first."""
    month = TruncMonth("entry__posted_at", tzinfo=UTC)
    names = ("month", "entry__kind", "currency")
    rows = lines_of(creator).annotate(month=month).values(*names, "account__kind").annotate(total=Sum("amount_minor"))
    found: dict[tuple[date, str, str], Figures] = {}
    for (at, kind, currency), group in groupby(rows.order_by(*names), _key_of(names)):
        key = (at.date(), subject_of(kind), currency)
        found[key] = found.get(key, Figures()) + figures_of(kind, group)
    return [Earned(*key, figures) for key, figures in sorted(found.items())]


def entries_of(creator: User, year: int) -> Iterator[EntryEarned]:
    """Entry by entry, for who wants to check."""
    names = ("entry__posted_at", "entry", "entry__kind", "entry__source", "currency")
    begins, ends = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    lines = lines_of(creator).filter(entry__posted_at__gte=begins, entry__posted_at__lt=ends)
    rows = lines.values(*names, "account__kind").annotate(total=Sum("amount_minor")).order_by(*names)
    for (at, _pk, kind, source, currency), group in groupby(rows, _key_of(names)):
        yield EntryEarned(at, kind, source, currency, figures_of(kind, group))


def balances_of(creator: User) -> dict[str, Balance]:
    """By currency, as the database keeps them."""
    accounts = LedgerAccount.objects.filter(owner=creator, keeps_balance=True).order_by("currency")
    sums = accounts.values("currency", "kind").annotate(total=Sum("balance_minor")).order_by("currency", "kind")
    found = {}
    for currency, rows in groupby(sums, lambda row: row["currency"]):
        by_kind = {row["kind"]: Money(row["total"], currency) for row in rows}
        none = Money(0, currency)
        found[currency] = Balance(
            available=by_kind.get(Kind.PAYABLE, none),
            held=by_kind.get(Kind.HELD, none),
            in_transit=by_kind.get(Kind.TRANSIT, none),
            owing=-by_kind.get(Kind.RECEIVABLE, none),
        )
    return found


def subject_of(kind: str) -> str:
    """What an entry is about: a refund of a tip is about tips, and one that failed is as well."""
    about = next((kind.removeprefix(prefix) for prefix in _BACK if kind.startswith(prefix)), kind)
    return about if about == kind else subject_of(about)


def lines_of(creator: User) -> QuerySet[LedgerLine]:
    """All lines of the entries that moved what a creator is owed, or would have, had their part not been nothing."""
    theirs = LedgerLine.objects.filter(account__owner=creator, account__kind__in=OWED)
    about = theirs.values("entry").union(LedgerEntry.objects.filter(creator=creator).values("pk"))
    entries = LedgerEntry.objects.filter(pk__in=about).exclude(kind__in=MOVES)
    return LedgerLine.objects.filter(entry__in=entries).exclude(account__kind__in=NOBODYS)


def _key_of(names: Iterable[str]) -> Any:
    return lambda row: tuple(row[name] for name in names)


def figures_of(kind: str, rows: Iterable[dict[str, Any]]) -> Figures:
    """Of one kind of entries, whose lines are summed by account."""
    total = {row["account__kind"]: int(row["total"]) for row in rows}
    net = sum(total.get(one, 0) for one in OWED)
    if kind == ADJUSTMENT:
        return Figures(gross=net, net=net)
    # The card's fee is an expense, which the platform's income holds once more.
    card_fees, tax = -total.get(Kind.FEES, 0), total.get(Kind.TAX, 0)
    income = total.get(Kind.INCOME, 0)
    paid = net + income + tax
    is_back = subject_of(kind) != kind
    return Figures(
        gross=0 if is_back else paid,
        refunds=-paid if is_back else 0,
        card_fees=card_fees,
        platform=income - card_fees,
        tax=tax,
        net=net,
    )
