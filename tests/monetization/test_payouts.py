"""Payouts by bank: each euro leaves a balance once, and comes back if the bank sends it back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts import deletion
from accounts.models import AuditEntry, Notification, User
from monetization import adjustments, payouts
from monetization.banking import keep_account
from monetization.banks import validate_account_number
from monetization.creators import earned, taken_back
from monetization.earnings import balances_of, earned_by_month
from monetization.errors import (
    AlreadySettled,
    CreatorLeft,
    MonetizationError,
    NeedsAnother,
    NoBankAccount,
    NobodyToPay,
    NotEnough,
)
from monetization.exporting import export_batches
from monetization.leaving import settle_up
from monetization.ledger import BANK, GATEWAY, balance_of, in_transit, payable, post, receivable
from monetization.models import Adjustment, Availability, LedgerEntry, Payout, PayoutBatch, PayoutThreshold
from monetization.money import Money
from monetization.whereabouts import move

IBAN = "DE89370400440532013000"


def eur(minor: int) -> Money:
    return Money(minor, "eur")


@transaction.atomic
def earn(creator: User, minor: int, now: datetime, currency: str = "eur") -> None:
    amount = Money(minor, currency)
    key = f"earned-{LedgerEntry.objects.count()}"
    post(key=key, kind="tip", lines=[(GATEWAY, -amount), *earned(creator, amount)], now=now)


def with_bank(user: User, now: datetime) -> User:
    keep_account(user=user, holder=user.username.capitalize(), number=IBAN, bic="", by=user, now=now)
    return user


def batch_of(by: User, now: datetime, currency: str = "eur") -> PayoutBatch:
    return payouts.make_batch(currency=currency, by=by, now=now)


@pytest.fixture
def paid_alice(alice: User, noon: datetime) -> User:
    """Alice is owed 12.34 EUR, and has a bank account."""
    earn(alice, 1234, noon)
    return with_bank(alice, noon)


@pytest.mark.django_db
def test_a_batch_takes_what_reaches_the_threshold(
    paid_alice: User, bob: User, carol: User, dave: User, erin: User, noon: datetime
) -> None:
    PayoutThreshold.objects.create(currency="eur", amount_minor=1000)
    earn(with_bank(bob, noon), 999, noon)
    earn(carol, 5000, noon)
    earn(with_bank(dave, noon), 5000, noon, "usd")

    batch = batch_of(erin, noon)

    (payout,) = batch.payouts.all()
    assert (payout.creator, payout.amount, payout.number, payout.state) == (paid_alice, eur(1234), IBAN, "made")
    assert balances_of(paid_alice)["eur"].in_transit == eur(1234)
    with pytest.raises(NobodyToPay):
        batch_of(erin, noon)
    assert PayoutBatch.objects.count() == 1


@pytest.mark.django_db
def test_nobody_is_paid_where_payouts_arent_offered(paid_alice: User, erin: User, noon: datetime) -> None:
    Availability.objects.create(feature="payout", countries=["FR"], is_allow_list=True)
    with pytest.raises(NobodyToPay):
        batch_of(erin, noon)

    move(creator=paid_alice, country="FR", by=paid_alice, now=noon)
    assert batch_of(erin, noon).payouts.count() == 1


@pytest.mark.django_db
def test_paid_with_the_banks_reference(paid_alice: User, erin: User, noon: datetime) -> None:
    payout = batch_of(erin, noon).payouts.get()
    payouts.mark_paid(payout=payout, reference="TX-1", by=erin, now=noon)
    connection.check_constraints()

    payout.refresh_from_db()
    assert (payout.state, payout.reference, payout.settled_at) == ("paid", "TX-1", noon)
    assert balance_of(in_transit(paid_alice), "eur") == eur(0)
    assert balance_of(BANK, "eur") == eur(1234)
    with pytest.raises(AlreadySettled):
        payouts.mark_paid(payout=payout, reference="TX-2", by=erin, now=noon)
    # What is paid out was counted when it was earned.
    assert sum(one.figures.net for one in earned_by_month(paid_alice)) == 1234
    assert AuditEntry.objects.filter(action="payout paid", facts__reference="TX-1").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("was_paid", [True, False])
def test_what_the_bank_sends_back_is_owed_again(was_paid: bool, paid_alice: User, erin: User, noon: datetime) -> None:
    payout = batch_of(erin, noon).payouts.get()
    if was_paid:
        payouts.mark_paid(payout=payout, reference="TX-1", by=erin, now=noon)
    with transaction.atomic():
        post(key="back", kind="refund-tip", lines=[(GATEWAY, eur(234)), *taken_back(paid_alice, eur(234))], now=noon)

    payouts.take_back(payout=payout, reference="closed account", by=erin, now=noon)
    connection.check_constraints()

    # Debts come first.
    assert balance_of(receivable(paid_alice), "eur") == balance_of(in_transit(paid_alice), "eur") == eur(0)
    assert balance_of(payable(paid_alice), "eur") == eur(1000)
    assert balance_of(BANK, "eur") == eur(0)
    with pytest.raises(AlreadySettled):
        payouts.take_back(payout=payout, reference="", by=erin, now=noon)
    assert sum(one.figures.net for one in earned_by_month(paid_alice)) == 1000


@pytest.mark.django_db
def test_the_banks_table_has_what_is_under_way(paid_alice: User, bob: User, erin: User, noon: datetime) -> None:
    earn(bob, 5000, noon)
    keep_account(user=bob, holder="=HYPERLINK(1)", number="12345678", bic="", by=bob, now=noon)
    batch = batch_of(erin, noon)
    first, second = batch.payouts.order_by("pk")

    lines = export_batches(batches=[batch], by=erin, now=noon).splitlines()
    assert lines[1:] == [
        f"{first.pk},Alice,{IBAN},,EUR,12.34,ESTRADE-{first.pk}",
        f"{second.pk},'=HYPERLINK(1),12345678,,EUR,50.00,ESTRADE-{second.pk}",
    ]
    payouts.mark_paid(payout=first, reference="TX", by=erin, now=noon)
    assert len(export_batches(batches=[batch], by=erin, now=noon).splitlines()) == 2
    assert AuditEntry.objects.filter(action="exported payout batch").count() == 2


@pytest.mark.django_db
def test_what_is_added_until_it_is_exported_is_in_the_table(
    paid_alice: User, bob: User, erin: User, noon: datetime
) -> None:
    batch = batch_of(erin, noon)
    earn(with_bank(bob, noon), 5000, noon)

    def add_first(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "exported_at" in sql:
            payouts.pay_out(creator=bob, amount=eur(5000), batch=batch, now=noon)
        return execute(sql, *rest)

    with connection.execute_wrapper(add_first):
        table = export_batches(batches=[batch], by=erin, now=noon)

    assert "12.34" in table
    assert "50.00" in table


@pytest.mark.django_db
def test_who_leaves_is_paid_whatever_it_is(alice: User, erin: User, noon: datetime) -> None:
    earn(alice, 7, noon)
    with pytest.raises(NoBankAccount):
        payouts.pay_all(creator=alice, by=erin, now=noon)
    (payout,) = payouts.pay_all(creator=with_bank(alice, noon), by=erin, now=noon)
    with pytest.raises(NobodyToPay):
        payouts.pay_all(creator=alice, by=erin, now=noon)
    payouts.mark_paid(payout=payout, reference="TX", by=erin, now=noon)

    settle_up(user=alice, now=noon)
    payout.refresh_from_db()
    assert (payout.holder, payout.sealed_number, payout.masked, payout.amount) == ("", "", "", eur(7))
    assert balances_of(alice)["eur"].available == eur(0)


@pytest.mark.django_db
def test_a_new_account_is_told_and_never_shown_whole(alice: User, noon: datetime) -> None:
    with_bank(alice, noon)

    assert Notification.objects.get().facts == {"ends_in": "…3000"}
    assert IBAN not in str(AuditEntry.objects.get(action="changed bank account").facts)


@pytest.mark.parametrize("number", ["DE89370400440532013001", "DE8937", "1234", "ABC-1234567", "FR7630006000"])
def test_numbers_that_are_none(number: str) -> None:
    with pytest.raises(ValidationError):
        validate_account_number(number)


@pytest.mark.parametrize("number", [IBAN, "FR7630006000011234567890189", "TN5910006035183598478831", "007810000123"])
def test_numbers_that_are_some(number: str) -> None:
    validate_account_number(number)


@pytest.mark.django_db
@pytest.mark.parametrize("minor", [300, -300])
def test_an_adjustment_takes_two(minor: int, paid_alice: User, erin: User, dave: User, noon: datetime) -> None:
    row = adjustments.propose(creator=paid_alice, amount=eur(minor), reason="A mistake of ours", by=erin, now=noon)
    with pytest.raises(NeedsAnother):
        adjustments.confirm(adjustment=row, by=erin, now=noon)
    assert balance_of(payable(paid_alice), "eur") == eur(1234)

    adjustments.confirm(adjustment=row, by=dave, now=noon)
    connection.check_constraints()

    assert balance_of(payable(paid_alice), "eur") == eur(1234 + minor)
    with pytest.raises(AlreadySettled):
        adjustments.confirm(adjustment=row, by=dave, now=noon)
    assert AuditEntry.objects.filter(action="confirmed adjustment", actor=dave).count() == 1


@pytest.mark.django_db
def test_the_database_too_wants_two(alice: User, erin: User, noon: datetime) -> None:
    row = adjustments.propose(creator=alice, amount=eur(5), reason="x", by=erin, now=noon)

    with pytest.raises(IntegrityError, match="two_people_adjust"), transaction.atomic():
        Adjustment.objects.filter(pk=row.pk).update(state="confirmed", decided_by=erin, decided_at=noon)


@pytest.mark.django_db
def test_an_adjustment_for_somebody_who_left_is_refused(alice: User, erin: User, dave: User, noon: datetime) -> None:
    row = adjustments.propose(creator=alice, amount=eur(5), reason="x", by=erin, now=noon)
    deletion.forget(user=alice, by=erin, now=noon)

    with pytest.raises(CreatorLeft):
        adjustments.confirm(adjustment=row, by=dave, now=noon)

    assert not LedgerEntry.objects.filter(kind="adjustment").exists()
    adjustments.drop(adjustment=row, by=dave, now=noon)


def test_an_adjustment_is_dropped(alice: User, erin: User, dave: User, noon: datetime) -> None:
    row = adjustments.propose(creator=alice, amount=eur(5), reason="x", by=erin, now=noon)
    adjustments.drop(adjustment=row, by=erin, now=noon)

    with pytest.raises(AlreadySettled):
        adjustments.confirm(adjustment=row, by=dave, now=noon)
    assert balances_of(alice) == {}


@pytest.mark.django_db(transaction=True)
def test_of_four_payouts_of_one_balance_one_wins(paid_alice: User, erin: User, noon: datetime) -> None:
    batch = PayoutBatch.objects.create(currency="eur", made_by=erin, made_at=noon)
    together = Barrier(4)

    def pay(_number: int) -> bool:
        together.wait(timeout=20)
        try:
            payouts.pay_out(creator=paid_alice, amount=eur(1234), batch=batch, now=noon)
        except NotEnough:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as threads:
        won = list(threads.map(pay, range(4)))

    assert sorted(won) == [False, False, False, True]
    assert Payout.objects.count() == LedgerEntry.objects.filter(kind="payout").count() == 1
    assert balance_of(payable(paid_alice), "eur") == eur(0)
    assert balance_of(in_transit(paid_alice), "eur") == eur(1234)


@pytest.mark.django_db(transaction=True)
def test_two_batches_at_once_pay_nobody_twice(paid_alice: User, bob: User, erin: User, noon: datetime) -> None:
    earn(with_bank(bob, noon), 5000, noon)
    together = Barrier(2)

    def make(_number: int) -> int:
        together.wait(timeout=20)
        try:
            return batch_of(erin, noon).payouts.count()
        except MonetizationError:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(make, range(2))) == 2
    assert balance_of(in_transit(bob), "eur") == eur(5000)
