"""Months that are due in the same week are one charge: paid together, declined together, given back one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models import F
from django.test import Client

from accounts.models import User
from monetization import actions
from monetization.contracts import TRIED_AFTER, end_contracts_of
from monetization.disputing import settle_dispute
from monetization.gateway import RefundFacts, open_gateway
from monetization.ledger import balance_of, payable
from monetization.models import Card, Contract, JointCharge, Payment, Tier
from monetization.money import Money
from monetization.refunding import _decide, ask_refund, settle_refund
from monetization.renewals import open_due, renew_due
from monetization.settling import _charge_again
from monetization.subscriptions import is_subscriber
from monetization.sweeping import sweep
from tests.monetization.sandbox import DECLINED_LATER, Sandbox
from tests.monetization.year import fee_of, tier_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

DAY = timedelta(days=1)
JULY = datetime(2026, 7, 1, 12, tzinfo=UTC)


def subscribe(card: Card, tier: Tier, now: datetime) -> Contract:
    payment = actions.subscribe(user=card.user, tier=tier, card=card, country="", now=now)
    assert payment.is_paid
    return payment.period.contract


@pytest.fixture
def three(card: Card, noon: datetime) -> list[Contract]:
    """Bob's subscriptions to three channels at 1.00, 1.00 and 2.00 EUR, on days of one week."""
    return [
        subscribe(card, tier_of(f"c{number}", noon, minor), noon + number * 3 * DAY)
        for number, minor in enumerate([100, 100, 200])
    ]


def test_what_is_due_within_a_week_is_one_charge(
    three: list[Contract], noon: datetime, client: Client, bob: User, django_capture_on_commit_callbacks: Any
) -> None:
    ends = {contract.pk: Contract.objects.get(pk=contract.pk).paid_until for contract in three}
    mail.outbox.clear()

    assert renew_due(JULY - DAY) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert renew_due(JULY) == 3
    assert renew_due(JULY + 8 * DAY) == 0

    (joint,) = JointCharge.objects.all()
    assert (joint.state, joint.amount) == ("paid", Money(400, "eur"))
    # 1.5 % of four euros and a quarter, borne in proportion: the fee of one charge instead of three.
    fees = [fee_of(payment) for payment in joint.payments.order_by("amount_minor", "pk")]
    assert sorted(fees) == [8, 8, 15]
    for contract in three:
        row = Contract.objects.get(pk=contract.pk)
        was = ends[row.pk]
        # The months are what they would have been.
        assert was is not None
        assert row.months_paid == 2
        assert row.paid_until == was + 31 * DAY
    (letter,) = mail.outbox
    assert all(f"@c{number}" in letter.body for number in range(3))
    client.force_login(bob)
    page = client.get(f"/money/payments/{joint.payments.all()[0].pk}").content.decode()
    assert "Charged together" in page
    assert page.count("€2.00") >= 1


def test_other_currencies_and_later_weeks_are_charged_apart(card: Card, noon: datetime) -> None:
    subscribe(card, tier_of("euro", noon), noon)
    subscribe(card, tier_of("franc", noon, currency="chf"), noon)
    subscribe(card, tier_of("late", noon), noon + 7 * DAY + timedelta(seconds=1))

    renew_due(JULY)

    assert not JointCharge.objects.exists()
    assert Payment.objects.filter(is_off_session=True, state="paid").count() == 2


def test_one_decline_is_a_decline_of_all(sandbox: Sandbox, three: list[Contract], bob: User) -> None:
    sandbox.save_card(bob, DECLINED_LATER)

    for hour in range(24 * 8):
        renew_due(JULY + timedelta(hours=hour))

    rows = list(Contract.objects.all())
    assert {row.state for row in rows} == {"ended"}
    assert JointCharge.objects.filter(state="failed").count() == 1 + len(TRIED_AFTER)
    # Nobody lost a day that was paid for.
    kept = Contract.objects.filter(subscription__ends_at__gte=F("paid_until"))
    assert kept.count() == len(three)


def test_a_decline_is_made_up_for_together(sandbox: Sandbox, three: list[Contract], bob: User) -> None:
    bad = sandbox.save_card(bob, DECLINED_LATER)
    renew_due(JULY)
    assert {row.state for row in Contract.objects.all()} == {"overdue"}
    actions.remove(bad)

    assert renew_due(JULY + DAY) == 3

    assert {(row.state, row.months_paid, row.tries) for row in Contract.objects.all()} == {("running", 2, 0)}


def test_who_cancels_when_a_charge_of_others_failed_stays_until_the_month_ends(
    sandbox: Sandbox, three: list[Contract], bob: User
) -> None:
    sandbox.save_card(bob, DECLINED_LATER)
    renew_due(JULY)
    last = Contract.objects.get(pk=three[2].pk)
    assert last.paid_until is not None

    actions.cancel(contract=last, now=JULY + DAY)

    assert is_subscriber(bob, last.channel, last.paid_until - timedelta(seconds=1))
    assert not is_subscriber(bob, last.channel, last.paid_until)


def test_one_of_several_is_given_back(three: list[Contract], noon: datetime) -> None:
    renew_due(JULY)
    payment = Payment.objects.get(joint__isnull=False, amount_minor=200)

    row = actions.refund(payment=payment, amount=payment.amount, by=payment.creator, reason="", now=JULY)

    assert row.state == "done"
    # The other month of it stays.
    assert balance_of(payable(payment.creator), "eur") == Money(200 - 28, "eur")
    refunds = open_gateway().refunds_of(payment.there)
    assert [one.amount for one in refunds] == [Money(200, "eur")]
    others = Payment.objects.filter(joint=payment.joint_id).exclude(pk=payment.pk)
    assert {other.refunded_minor for other in others} == {0}


def test_what_the_gateways_desk_gives_back_is_not_what_is_on_its_way_back_already(three: list[Contract]) -> None:
    renew_due(JULY)
    payment = Payment.objects.get(joint__isnull=False, amount_minor=200)
    ours = _decide(payment, payment.amount, payment.creator, "", JULY)
    desk = RefundFacts(f"re_of_{payment.there}", "", payment.there, Money(200, "eur"), "paid")

    settle_refund(desk, JULY)
    ask_refund(ours, JULY)

    months = Payment.objects.filter(joint=payment.joint_id)
    assert sorted(month.refunded_minor for month in months) == [100, 100, 200]


def test_a_dispute_over_the_charge_is_one_over_each(sandbox: Sandbox, three: list[Contract]) -> None:
    renew_due(JULY)
    joint = JointCharge.objects.get()
    there = sandbox.ask("/sandbox/disputes", payment_intent=joint.provider_id)["id"]

    rows = settle_dispute(open_gateway().find_dispute(there), JULY)

    assert sorted(row.amount_minor for row in rows) == [100, 100, 200]
    assert sum(row.fee_minor for row in rows) == 1500
    assert all(payment.left.amount_minor == 0 for payment in joint.payments.all())


def test_a_lost_answer_of_a_joint_charge_is_one_charge(three: list[Contract]) -> None:
    months = open_due(three[0].pk, JULY)
    joint = months[0].joint
    assert joint is not None
    _charge_again(joint, JULY)
    assert renew_due(JULY + timedelta(minutes=1)) == 0

    sweep(JULY + timedelta(minutes=2))

    assert {row.months_paid for row in Contract.objects.all()} == {2}
    assert JointCharge.objects.get().state == "paid"


def test_who_left_meanwhile_gets_a_late_month_back(card: Card, noon: datetime) -> None:
    contract = subscribe(card, tier_of("c", noon), noon)
    (month,) = open_due(contract.pk, JULY)
    _charge_again(month, JULY)
    end_contracts_of(user=card.user, now=JULY)
    User.objects.filter(pk=card.user.pk).update(is_active=False)

    for minutes in (2, 4):
        sweep(JULY + timedelta(minutes=minutes))

    month.refresh_from_db()
    assert (month.state, month.refunded) == ("paid", month.amount)
    assert Contract.objects.get().state == "ended"
    assert not is_subscriber(card.user, contract.channel, JULY + timedelta(minutes=4))
