"""The ledger: whole entries, once each, and balances that have their bounds, whoever writes."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from monetization import ledger
from monetization.creators import earned, taken_back
from monetization.errors import KeyReused, NotEnough
from monetization.ledger import FEES, GATEWAY, INCOME, balance_of, payable, post, receivable, reverse
from monetization.models import LedgerAccount, LedgerEntry, LedgerLine
from monetization.money import Money

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "eur")


def tip(creator: User, key: str = "tip-1") -> LedgerEntry:
    """5.00 of which a card fee is 0.33 and the creator's part 3.50."""
    lines = [(GATEWAY, eur(-467)), (FEES, eur(-33)), (payable(creator), eur(350)), (INCOME, eur(150))]
    return post(key=key, kind="tip", lines=lines, now=NOON, source="attempt:1", rule={"fee_bp": 3000})


def commit() -> None:
    """What the end of a transaction would find."""
    connection.check_constraints()


def is_refused(act: Callable[[], object]) -> bool:
    """Whether the database takes what is done back, at once or at the end of the transaction."""
    try:
        with transaction.atomic():
            act()
            commit()
    except IntegrityError:
        return True
    return False


@pytest.mark.django_db
def test_a_tip_is_split_and_posted_once(alice: User) -> None:
    first, again = tip(alice), tip(alice)
    commit()

    assert first == again
    assert balance_of(payable(alice), "eur") == eur(350)
    assert balance_of(GATEWAY, "eur") == eur(-467)
    assert LedgerAccount.objects.get(kind="payable").balance_minor == 350


@pytest.mark.django_db
def test_a_key_stands_for_one_entry_alone(alice: User) -> None:
    tip(alice)

    with pytest.raises(KeyReused):
        post(key="tip-1", kind="tip", lines=[(GATEWAY, eur(-1)), (INCOME, eur(1))], now=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lines",
    [
        [(GATEWAY, eur(-500)), (INCOME, eur(499))],
        [(GATEWAY, eur(-500)), (INCOME, Money(500, "usd"))],
        [(GATEWAY, eur(-500))],
        [],
    ],
)
def test_what_does_not_balance_is_refused_at_the_end(lines: ledger.Lines) -> None:
    assert is_refused(lambda: post(key="odd", kind="tip", lines=lines, now=NOON))


@pytest.mark.django_db
def test_nothing_is_added_to_an_entry_later(alice: User) -> None:
    entry = tip(alice)
    commit()
    account = LedgerAccount.objects.get(kind="income")

    def add() -> None:
        for amount in (5, -5):
            LedgerLine.objects.create(entry=entry, account=account, currency="eur", amount_minor=amount)

    assert is_refused(add)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE monetization_ledgerline SET amount_minor = 1",
        "DELETE FROM monetization_ledgerline",
        "UPDATE monetization_ledgerentry SET kind = 'x'",
        "DELETE FROM monetization_ledgerentry",
        "UPDATE monetization_ledgeraccount SET balance_minor = 1000000",
        "UPDATE monetization_ledgeraccount SET currency = 'usd'",
        "DELETE FROM monetization_ledgeraccount",
    ],
)
def test_nothing_is_changed_or_deleted(alice: User, statement: str) -> None:
    tip(alice)
    commit()

    with connection.cursor() as cursor:
        assert is_refused(lambda: cursor.execute(statement))


@pytest.mark.django_db
def test_a_line_is_in_its_accounts_currency(alice: User) -> None:
    entry = tip(alice)

    account = LedgerAccount.objects.get(kind="income")

    line = LedgerLine(entry=entry, account=account, currency="usd", amount_minor=5)

    assert is_refused(line.save)


@pytest.mark.django_db
def test_nobody_is_paid_more_than_they_are_owed(alice: User) -> None:
    tip(alice)
    lines = [(payable(alice), eur(-351)), (GATEWAY, eur(351))]

    with pytest.raises(NotEnough):
        post(key="payout-1", kind="payout", lines=lines, now=NOON)

    post(key="payout-2", kind="payout", lines=[(payable(alice), eur(-350)), (GATEWAY, eur(350))], now=NOON)
    commit()
    assert balance_of(payable(alice), "eur") == eur(0)


@pytest.mark.django_db
def test_the_database_too_keeps_what_is_owed_from_going_below_zero(alice: User) -> None:
    tip(alice)
    account = LedgerAccount.objects.get(kind="payable")

    def overdraw() -> None:
        entry = LedgerEntry.objects.create(key="by-hand", kind="payout", line_count=2, posted_at=NOON)
        LedgerLine.objects.create(entry=entry, account=account, currency="eur", amount_minor=-351)

    with pytest.raises(IntegrityError, match="never_below_zero"), transaction.atomic():
        overdraw()


@pytest.mark.django_db
def test_an_entry_is_undone_by_its_opposite(alice: User) -> None:
    entry = tip(alice)

    undone = reverse(entry=entry, key="tip-1-undone", now=NOON)
    commit()

    assert undone.reverses == entry
    assert balance_of(payable(alice), "eur") == balance_of(GATEWAY, "eur") == eur(0)


@pytest.mark.django_db
def test_a_refund_after_the_payout_is_a_debt_that_is_recovered_first(alice: User) -> None:
    tip(alice)
    post(key="payout", kind="payout", lines=[(payable(alice), eur(-350)), (GATEWAY, eur(350))], now=NOON)

    back = [*taken_back(alice, eur(350)), (INCOME, eur(-150)), (GATEWAY, eur(500))]
    post(key="refund", kind="refund", lines=back, now=NOON)
    assert balance_of(receivable(alice), "eur") == eur(-350)

    post(key="tip-2", kind="tip", lines=[(GATEWAY, eur(-400)), *earned(alice, eur(400))], now=NOON)
    commit()

    assert balance_of(receivable(alice), "eur") == eur(0)
    assert balance_of(payable(alice), "eur") == eur(50)


STEPS = st.lists(st.tuples(st.sampled_from(["earn", "back", "pay"]), st.integers(1, 10_000)), max_size=25)


class WhateverHappens(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(steps=STEPS, currency=st.sampled_from(["jpy", "eur", "tnd"]))
    def test_balances_are_what_was_earned_less_what_went(self, steps: list[tuple[str, int]], currency: str) -> None:
        creator = User.objects.create(username="nina")
        net = paid = 0
        for number, (step, minor) in enumerate(steps):
            amount = Money(minor, currency)
            if step == "earn":
                lines = [*earned(creator, amount), (GATEWAY, -amount)]
                net += minor
            elif step == "back":
                lines = [*taken_back(creator, amount), (GATEWAY, amount)]
                net -= minor
            elif minor > max(net - paid, 0):
                with pytest.raises(NotEnough):
                    post(key=f"{number}", kind=step, lines=[(payable(creator), -amount), (GATEWAY, amount)], now=NOON)
                continue
            else:
                lines, paid = [(payable(creator), -amount), (GATEWAY, amount)], paid + minor
            post(key=f"{number}", kind=step, lines=lines, now=NOON)
        connection.check_constraints()
        owed, owing = (balance_of(of(creator), currency).amount_minor for of in (payable, receivable))
        assert (owed, owing) == (max(net - paid, 0), min(net - paid, 0))
        for account in LedgerAccount.objects.filter(keeps_balance=True):
            assert account.balance_minor == sum(account.lines.values_list("amount_minor", flat=True))
