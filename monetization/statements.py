"""Statements for creators: what was owed before, what each kind brought, what was paid out, and what is owed now.

Of a month, or of what came since the payout before up to a payout. Read from the ledger, so that it adds up to the
unit: opening + net - paid out + came back = closing. What is held for an event or a dispute is owed too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from django.db.models import Q, Sum

from accounts.models import User
from monetization.earnings import MOVES, OWED, Figures, figures_of, lines_of, subject_of
from monetization.kinds import kind_label
from monetization.models import LedgerAccount, LedgerEntry, LedgerLine, Payout, PayoutPlan, PayoutSettings
from monetization.money import Money
from monetization.payouts import PAYOUT, RETURNED
from monetization.spreadsheets import Cell
from monetization.whereabouts import creator_country

_BY_POSTING = ("entry__posted_at", "entry")


@dataclass(frozen=True, slots=True)
class Moved:
    """A payout, or what came back of one."""

    at: datetime
    payout: str
    amount: Money

    @property
    def taken(self) -> Money:
        """As it counts for what is owed."""
        return -self.amount


@dataclass(frozen=True, slots=True)
class Statement:
    """`begins` is None from the first entry on; `ends` is the payout's moment, or where the next month begins."""

    creator: User
    payer: str
    seller: str
    country: str
    currency: str
    begins: datetime | None
    ends: datetime
    opening: Money
    kinds: list[tuple[str, Figures]]
    paid: list[Moved]
    returned: list[Moved]
    closing: Money
    held: Money

    @property
    def total(self) -> Figures:
        return sum((figures for _, figures in self.kinds), Figures())

    @property
    def shown(self) -> list[tuple[str, dict[str, Money]]]:
        """Each kind by its name, and its amounts."""
        return [(kind_label(kind), figures.shown(self.currency)) for kind, figures in self.kinds]

    @property
    def shown_total(self) -> dict[str, Money]:
        return self.total.shown(self.currency)


def of_month(creator: User, month: date, currency: str) -> Statement:
    begins = datetime(month.year, month.month, 1, tzinfo=UTC)
    ends = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
    before, until = Q(entry__posted_at__lt=begins), Q(entry__posted_at__lt=ends)
    return _statement(creator, currency, before, until, begins, ends)


def of_payout(payout: Payout) -> Statement:
    """What came since the payout before in this currency, and what this one left."""
    entry = LedgerEntry.objects.get(key=payout.key)
    theirs = Q(lines__account__owner=payout.creator, lines__currency=payout.currency)
    earlier = LedgerEntry.objects.filter(theirs, _up_to(entry, ""), kind=PAYOUT).exclude(pk=entry.pk)
    last = earlier.order_by("-posted_at", "-pk").first()
    before = _up_to(last, "entry__") if last else Q(pk__in=[])
    begins = last.posted_at if last else None
    return _statement(payout.creator, payout.currency, before, _up_to(entry, "entry__"), begins, entry.posted_at)


def _up_to(entry: LedgerEntry, prefix: str) -> Q:
    """All up to an entry and with it, in the order of their posting."""
    at = entry.posted_at
    return Q(**{f"{prefix}posted_at__lt": at}) | Q(**{f"{prefix}posted_at": at, f"{prefix}pk__lte": entry.pk})


def _statement(creator: User, currency: str, before: Q, until: Q, begins: datetime | None, ends: datetime) -> Statement:
    owed = LedgerLine.objects.filter(account__owner=creator, account__kind__in=OWED, currency=currency)
    moved = owed.filter(until, ~before, entry__kind__in=[PAYOUT, RETURNED]).select_related("entry")
    moves = list(moved.order_by(*_BY_POSTING, "pk"))
    held = owed.filter(until, account__kind=LedgerAccount.Kind.HELD)
    plan = PayoutPlan.objects.filter(user=creator).first()
    return Statement(
        creator=creator,
        payer=PayoutSettings.load().payer,
        seller=plan.seller if plan else "",
        country=creator_country(creator, ends),
        currency=currency,
        begins=begins,
        ends=ends,
        opening=Money(_sum(owed.filter(before)), currency),
        kinds=_kinds(creator, currency, until & ~before),
        paid=_moved(moves, PAYOUT, -1),
        returned=_moved(moves, RETURNED, 1),
        closing=Money(_sum(owed.filter(until)), currency),
        held=Money(_sum(held), currency),
    )


def _kinds(creator: User, currency: str, within: Q) -> list[tuple[str, Figures]]:
    names = ("entry__kind", "account__kind")
    lines = lines_of(creator).filter(within, currency=currency).exclude(entry__kind__in=MOVES)
    rows = lines.values(*names).annotate(total=Sum("amount_minor")).order_by(*names)
    found: dict[str, Figures] = {}
    for kind, group in groupby(rows, lambda row: str(row["entry__kind"])):
        about = subject_of(kind)
        found[about] = found.get(about, Figures()) + figures_of(kind, group)
    return sorted(found.items())


def _moved(lines: Iterable[LedgerLine], kind: str, sign: int) -> list[Moved]:
    """One for each entry, whatever accounts it touched."""
    of_kind = (line for line in lines if line.entry.kind == kind)
    return [
        Moved(entry.posted_at, entry.source.partition(":")[2], Money(sign * sum(one.amount_minor for one in group), of))
        for (entry, of), group in groupby(of_kind, lambda line: (line.entry, line.currency))
    ]


def _sum(lines: "Iterable[LedgerLine]") -> int:
    total = lines.aggregate(total=Sum("amount_minor"))["total"]  # type: ignore[attr-defined]
    return int(total or 0)


HEADER = ("what", "time", "number", "currency", "gross", "refunds", "card_fees", "platform", "tax", "amount")


def as_rows(statement: Statement) -> list[list[Cell]]:
    """For a spreadsheet: `amount` adds up from the first row to the last but one, which it then equals."""
    code, none = statement.currency.upper(), [None] * 5

    def row(what: str, at: datetime | None, number: str, amount: Money) -> list[Cell]:
        return [what, at, number, code, *none, amount]

    kinds: list[list[Cell]] = [
        [kind, None, "", code, *figures.shown(statement.currency).values()] for kind, figures in statement.kinds
    ]
    return [
        row("opening", statement.begins, "", statement.opening),
        *kinds,
        *(row("payout", one.at, one.payout, -one.amount) for one in statement.paid),
        *(row("returned", one.at, one.payout, one.amount) for one in statement.returned),
        row("closing", statement.ends, "", statement.closing),
        row("held", statement.ends, "", statement.held),
    ]
