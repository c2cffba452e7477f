"""Posting to the ledger: each thing once, whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum

from accounts.models import User
from monetization.errors import KeyReused, NotEnough
from monetization.models import LedgerAccount, LedgerEntry, LedgerLine
from monetization.money import Money

Kind = LedgerAccount.Kind
# Their balances are bounded, so the database keeps them; the others are summed when somebody asks.
_BOUNDED = {Kind.PAYABLE, Kind.RECEIVABLE, Kind.HELD, Kind.TRANSIT}


@dataclass(frozen=True, slots=True)
class Account:
    """An account by what it is, whether it has a row yet or not."""

    kind: LedgerAccount.Kind
    owner: int | None = None
    reference: str = ""


GATEWAY, FEES, INCOME = Account(Kind.GATEWAY), Account(Kind.FEES), Account(Kind.INCOME)
EXCHANGE = Account(Kind.EXCHANGE)
TAX, BANK, DISPUTES = Account(Kind.TAX), Account(Kind.BANK), Account(Kind.DISPUTES)


def payable(creator: User) -> Account:
    """What a creator is owed, and may be paid out."""
    return Account(Kind.PAYABLE, creator.pk)


def receivable(creator: User) -> Account:
    """What a creator owes, because money went back that they had already been paid."""
    return Account(Kind.RECEIVABLE, creator.pk)


def held(creator: User, reference: str) -> Account:
    """What a creator will be owed once something is over, an event for example."""
    return Account(Kind.HELD, creator.pk, reference)


def in_transit(creator: User) -> Account:
    """What has left a creator's balance and not yet arrived."""
    return Account(Kind.TRANSIT, creator.pk)


Lines = Sequence[tuple[Account, Money]]
Wanted = Sequence[tuple[LedgerAccount, Money]]


def came_in(amount: Money, settled: Money | None = None) -> Lines:
    """What the gateway has now, or below zero has no more.

    `settled` is that amount in the currency that it keeps, where that is another: the one goes to the account of
    exchanges, the other comes from there, and none is reckoned from the other.
    """
    if settled is None or settled.currency == amount.currency:
        return [(GATEWAY, -amount)]
    return [(EXCHANGE, -amount), (EXCHANGE, settled), (GATEWAY, -settled)]


# An entry with its lines in one statement: both, or neither where the key is there already.
_POST = """
WITH entry AS (
    INSERT INTO "monetization_ledgerentry" (key, kind, source, rule, creator_id, reverses_id, line_count, posted_at)
    VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING *
), lines AS (
    INSERT INTO "monetization_ledgerline" (entry_id, account_id, currency, amount_minor)
    SELECT entry.id, told.account, told.currency, told.amount
    FROM entry, unnest(%s::bigint[], %s::varchar[], %s::bigint[]) AS told (account, currency, amount)
)
SELECT * FROM entry
"""


def post(
    *,
    key: str,
    kind: str,
    lines: Lines,
    now: datetime,
    source: str = "",
    rule: Mapping[str, Any] | None = None,
    creator: User | None = None,
    reverses: LedgerEntry | None = None,
) -> LedgerEntry:
    """Post an entry, or find it posted: the same key comes twice where an answer and a webhook tell the same thing.

    Lines of nothing are left out. Raises KeyReused when the key stands for another entry; the database refuses an entry
    that doesn't balance when the transaction ends, and NotEnough is raised where a balance would go below zero.
    """
    told = [(account, money) for account, money in lines if money]
    # Nothing is written before all is known to be right: within another's transaction there is nothing to go back to.
    with nullcontext() if transaction.get_connection().in_atomic_block else transaction.atomic():
        rows = _accounts(told)
        wanted = [(rows[account, money.currency], money) for account, money in told]
        is_enough = all(_is_within_bound(row, wanted) for row in rows.values() if row.keeps_balance)
        entry = LedgerEntry(
            key=key,
            kind=kind,
            source=source,
            rule=dict(rule or {}),
            creator=creator,
            reverses=reverses,
            line_count=len(told),
            posted_at=now,
        )
        new = _insert(entry, wanted) if is_enough else None
        return new or _posted(entry, wanted)


def _insert(entry: LedgerEntry, wanted: Wanted) -> LedgerEntry | None:
    """The entry with its lines; None when its key is there already."""
    about = [entry.key, entry.kind, entry.source, json.dumps(entry.rule), entry.creator_id, entry.reverses_id]
    accounts = [row.pk for row, _ in wanted]
    currencies = [money.currency for _, money in wanted]
    amounts = [money.amount_minor for _, money in wanted]
    more = [entry.line_count, entry.posted_at, accounts, currencies, amounts]
    return next(iter(LedgerEntry.objects.raw(_POST, [*about, *more])), None)


def _posted(entry: LedgerEntry, wanted: Wanted) -> LedgerEntry:
    """The same, as it was posted before."""
    before = LedgerEntry.objects.filter(key=entry.key).first()
    if before is None:
        raise NotEnough
    posted = sorted(before.lines.values_list("account", "amount_minor"))
    if before.kind != entry.kind or posted != sorted((row.pk, money.amount_minor) for row, money in wanted):
        raise KeyReused(key=entry.key)
    return before


def _accounts(lines: Lines) -> dict[tuple[Account, str], LedgerAccount]:
    """The rows of these accounts, made where there are none; those with a bound locked, always in the same order."""
    wanted = {(account, money.currency) for account, money in lines}
    known = LedgerAccount.objects.filter(reduce(or_, (_is(*one) for one in wanted), Q(pk__in=[])))
    found = {(Account(Kind(row.kind), row.owner_id, row.reference), row.currency): row for row in known}
    for account, currency in wanted - {*found}:
        found[account, currency], _ = LedgerAccount.objects.get_or_create(
            kind=account.kind,
            owner_id=account.owner,
            reference=account.reference,
            currency=currency,
            defaults={"keeps_balance": account.kind in _BOUNDED},
        )
    bounded = sorted(row.pk for row in found.values() if row.keeps_balance)
    locked = {row.pk: row for row in LedgerAccount.objects.select_for_update().filter(pk__in=bounded).order_by("pk")}
    return {key: locked.get(row.pk, row) for key, row in found.items()}


def _is(account: Account, currency: str) -> Q:
    return Q(kind=account.kind, owner=account.owner, reference=account.reference, currency=currency)


def _is_within_bound(row: LedgerAccount, wanted: Wanted) -> bool:
    after = row.balance_minor + sum(money.amount_minor for other, money in wanted if other.pk == row.pk)
    return after <= 0 if row.kind == Kind.RECEIVABLE else after >= 0


def balance_of(account: Account, currency: str) -> Money:
    """What the lines of an account sum to."""
    lines = LedgerLine.objects.filter(
        account__kind=account.kind,
        account__owner=account.owner,
        account__reference=account.reference,
        account__currency=currency,
    )
    return Money(lines.aggregate(total=Sum("amount_minor"))["total"] or 0, currency)


def reverse(*, entry: LedgerEntry, key: str, now: datetime) -> LedgerEntry:
    """Undo an entry by one that says the opposite."""
    lines = [
        (Account(Kind(line.account.kind), line.account.owner_id, line.account.reference), _opposite(line))
        for line in entry.lines.select_related("account")
    ]
    return post(key=key, kind=f"reverse-{entry.kind}"[:32], lines=lines, source=entry.source, reverses=entry, now=now)


def _opposite(line: LedgerLine) -> Money:
    return Money(-line.amount_minor, line.currency)
