"""Creators are paid each week or month, once an occasion; and statements say to the unit what came of it."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Channel, User
from monetization import payouts, statements
from monetization.creators import taken_back
from monetization.exporting import export_batches
from monetization.ledger import FEES, GATEWAY, INCOME, TAX, balance_of, held, in_transit, payable, post
from monetization.models import (
    Availability,
    Payout,
    PayoutBatch,
    PayoutPlan,
    PayoutRun,
    PayoutSettings,
    PayoutThreshold,
)
from monetization.money import Money
from monetization.paying_out import pay_now
from monetization.payout_plans import occasion_of, pay_due, rhythm_of, set_plan
from monetization.statements import Statement
from tests.monetization.test_payouts import earn, eur, with_bank

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 30, 0, 5, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)


def plan(user: User, rhythm: str, now: datetime = MONDAY) -> User:
    set_plan(user=user, rhythm=rhythm, seller="", by=user, now=now)
    return user


def paid(user: User) -> list[tuple[str, int]]:
    return list(Payout.objects.filter(creator=user).order_by("pk").values_list("occasion", "amount_minor"))


@pytest.mark.parametrize(
    ("rhythm", "at", "occasion"),
    [
        ("weekly", datetime(2026, 11, 29, 23, 59, tzinfo=UTC), "2026-W48"),
        ("weekly", datetime(2026, 11, 30, tzinfo=UTC), "2026-W49"),
        ("weekly", datetime(2027, 1, 3, tzinfo=UTC), "2026-W53"),
        ("monthly", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2026-12"),
        ("monthly", datetime(2027, 1, 1, tzinfo=UTC), "2027-01"),
    ],
)
def test_weeks_begin_on_monday_and_months_on_the_first(rhythm: str, at: datetime, occasion: str) -> None:
    assert occasion_of(rhythm, at) == occasion


def test_each_is_paid_as_they_chose_and_the_others_as_the_house_does(
    alice: User, bob: User, carol: User, dave: User
) -> None:
    for user in (alice, bob, carol, dave):
        earn(with_bank(user, MONDAY), 1000, MONDAY)
    plan(alice, "weekly"), plan(bob, "monthly"), plan(carol, "by_hand"), plan(dave, "")
    PayoutSettings.objects.create(rhythm="weekly")
    assert [rhythm_of(user) for user in (alice, bob, carol, dave)] == ["weekly", "monthly", "by_hand", "weekly"]

    pay_due(datetime(2026, 11, 30, 0, 0, tzinfo=UTC))
    assert [paid(user) for user in (alice, carol, dave)] == [[("2026-W49", 1000)], [], [("2026-W49", 1000)]]
    assert paid(bob) == [("2026-11", 1000)]
    batches = PayoutBatch.objects.order_by("pk")
    assert [(batch.occasion, batch.made_by) for batch in batches] == [("2026-W49", None), ("2026-11", None)]


def test_twice_or_late_pays_once(alice: User) -> None:
    earn(plan(with_bank(alice, MONDAY), "weekly"), 1000, MONDAY)

    made = [pay_due(at) for at in (MONDAY + 2 * DAY, MONDAY + 2 * DAY, MONDAY + 6 * DAY)]
    earn(alice, 500, MONDAY + 6 * DAY)
    made += [pay_due(MONDAY + 6 * DAY), pay_due(MONDAY + 7 * DAY)]

    assert made == [1, 0, 0, 0, 1]
    assert paid(alice) == [("2026-W49", 1000), ("2026-W50", 500)]


def test_a_run_that_was_cut_off_goes_on_and_pays_nobody_twice(alice: User, bob: User) -> None:
    for user in (alice, bob):
        earn(plan(with_bank(user, MONDAY), "weekly"), 1000, MONDAY)
    pay_due(MONDAY)
    # As if it had ended before it was done, and alice had earned again.
    Payout.objects.filter(creator=bob).update(occasion="")
    PayoutRun.objects.filter(rhythm="weekly").update(done_at=None)
    earn(alice, 1000, MONDAY)
    earn(bob, 1000, MONDAY)
    (batch,) = PayoutBatch.objects.all()
    export_batches(batches=[batch], by=alice, now=MONDAY)

    pay_due(MONDAY + DAY)

    assert paid(alice) == [("2026-W49", 1000)]
    assert paid(bob) == [("", 1000), ("2026-W49", 1000)]
    # What has gone to the bank isn't added to.
    assert batch.payouts.count() == 2


def test_nobody_is_paid_below_the_threshold_without_an_account_or_where_it_isnt_offered(
    alice: User, bob: User, carol: User
) -> None:
    PayoutThreshold.objects.create(currency="eur", amount_minor=1000)
    earn(plan(with_bank(alice, MONDAY), "weekly"), 999, MONDAY)
    earn(plan(bob, "weekly"), 5000, MONDAY)
    assert pay_due(MONDAY) == 0

    Availability.objects.create(feature="payout", countries=["FR"], is_allow_list=True)
    earn(plan(with_bank(carol, MONDAY), "weekly"), 5000, MONDAY)
    assert pay_due(MONDAY + 7 * DAY) == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_pay_once(alice: User) -> None:
    earn(plan(with_bank(alice, MONDAY), "weekly"), 1000, MONDAY)
    together = Barrier(2)

    def run(_number: int) -> int:
        together.wait(timeout=20)
        try:
            return pay_due(MONDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(run, range(2))) == 1
    assert balance_of(in_transit(alice), "eur") == eur(1000)


def test_a_plan_that_is_none(alice: User) -> None:
    for rhythm, seller in (("daily", ""), ("weekly", "x" * 501)):
        with pytest.raises(ValidationError):
            set_plan(user=alice, rhythm=rhythm, seller=seller, by=alice, now=MONDAY)


def adds_up(statement: Statement) -> bool:
    """To the unit: on the page, and down the table's last column."""
    paid_out, back = (sum(one.amount.amount_minor for one in moved) for moved in (statement.paid, statement.returned))
    total = statement.total
    taken_off = total.refunds + total.card_fees + total.platform + total.tax
    rows = [row[-1] for row in statements.as_rows(statement)]
    amounts = [row.amount_minor for row in rows if isinstance(row, Money)]
    return (
        total.gross - taken_off == total.net
        and statement.opening.amount_minor + total.net - paid_out + back == statement.closing.amount_minor
        and sum(amounts[:-2]) == amounts[-2]
    )


@pytest.fixture
def a_year(alice: User, erin: User) -> list[Payout]:
    """Tips with fees and tax, tickets that are held, a refund, two payouts of which one comes back."""
    with_bank(alice, FIRST)
    made: list[Payout] = []
    for month in range(1, 7):
        at = datetime(2026, month, 10, tzinfo=UTC)
        taken = [(GATEWAY, eur(-967)), (FEES, eur(-33)), (INCOME, eur(133)), (TAX, eur(167))]
        post(key=f"t{month}", kind="tip", lines=[*taken, (payable(alice), eur(700))], now=at)
        lines = [(GATEWAY, eur(-500)), (held(alice, f"e{month}"), eur(500))]
        post(key=f"k{month}", kind="ticket", lines=lines, now=at)
        if month == 3:
            back = [(GATEWAY, eur(1000)), (TAX, eur(-167)), (INCOME, eur(-133)), *taken_back(alice, eur(700))]
            post(key="r", kind="refund-tip", lines=back, now=at)
        if month == 4:
            payouts.take_back(payout=made[0], reference="", by=erin, now=at - 9 * DAY)
        if month in (2, 5):
            made.append(pay_now(creator=alice, currency="eur", by=alice, now=at + DAY))
    connection.check_constraints()
    return made


def test_statements_add_up_and_follow_each_other(alice: User, a_year: list[Payout]) -> None:
    months = [statements.of_month(alice, date(2026, month, 1), "eur") for month in range(1, 8)]
    assert all(adds_up(one) for one in months)
    assert [one.closing for one in months[:-1]] == [one.opening for one in months[1:]]
    assert months[-1].closing.amount_minor == 6 * 1200 - 700 - a_year[1].amount_minor
    assert months[-1].held == eur(3000)
    tip = dict(months[0].kinds)["tip"]
    assert (tip.gross, tip.card_fees, tip.platform, tip.tax, tip.net) == (1000, 33, 100, 167, 700)
    assert dict(months[2].kinds)["tip"].refunds == 1000
    assert [one.amount for one in months[3].returned] == [a_year[0].amount]

    first, second = (statements.of_payout(payout) for payout in a_year)
    assert [adds_up(one) for one in (first, second)] == [True, True]
    assert (first.begins, first.opening) == (None, eur(0))
    assert (second.opening, second.begins) == (first.closing, first.ends)
    assert second.closing == second.held == eur(2500)
    assert not statements.of_month(alice, date(2026, 1, 1), "usd").kinds


def test_the_studio_shows_them_and_nobody_elses(
    client: Client, alice: User, alice_channel: Channel, a_year: list[Payout]
) -> None:
    client.force_login(alice)
    PayoutSettings.objects.create(payer="Estrade SARL\n1 rue de la Paix")
    client.post("/studio/alice/earnings/plan", {"rhythm": "monthly", "seller": "Alice Martin\nFR 123"})
    assert PayoutPlan.objects.get().rhythm == "monthly"
    page = client.get(f"/studio/alice/earnings/payouts/{a_year[1].pk}").content.decode()
    for words in ("Alice Martin<br>FR 123", "1 rue de la Paix", "Owed before", "-€28.00", f"ESTRADE-{a_year[1].pk}"):
        assert words in page
    table = client.get("/studio/alice/earnings/2026/3/eur.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(table.splitlines()))
    assert [row[0] for row in rows[1:]] == ["opening", "ticket", "tip", "closing", "held"]
    assert rows[3][4:] == ["10.00", "10.00", "0.33", "-0.33", "0.00", "0.00"]
    page = client.get("/studio/alice/earnings/2026/1/usd").content.decode()
    assert "Nothing was earned in this time." in page
    assert f"/studio/alice/earnings/payouts/{a_year[0].pk}" in client.get("/studio/alice/earnings").content.decode()
    answer = client.post("/studio/alice/earnings/plan", {"rhythm": "daily"}, follow=True)
    assert PayoutPlan.objects.get().rhythm == "monthly"
    assert answer.status_code == 200
    future = timezone.now() + 40 * DAY
    assert client.get(f"/studio/alice/earnings/{future.year}/{future.month}/eur").status_code == 404
