"""What a card holder's bank takes back: held, then released or written off, and refunds that never arrive."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Channel, Notification, User
from monetization import hearing
from monetization.disputing import settle_dispute
from monetization.earnings import balances_of, earned_by_month
from monetization.errors import NothingToRefund
from monetization.gateway import Charge, DisputeFacts, RefundFacts
from monetization.ledger import DISPUTES, FEES, GATEWAY, INCOME, TAX, balance_of, payable, post, receivable
from monetization.models import Card, Customer, Dispute, FeeRule, Payment, Refund, TaxRate, Tip, WebhookEvent
from monetization.money import Money
from monetization.refunding import _decide, settle_refund
from monetization.settling import settle
from monetization.tips import give_tip
from tests.monetization.sandbox import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def eur(minor: int) -> Money:
    return Money(minor, "eur")


def euros(account: Any) -> int:
    return balance_of(account, "eur").amount_minor


@pytest.fixture
def paid(bob: User, alice_channel: Channel, alice: User, noon: datetime) -> Payment:
    """Ten euros with tax, a fee of the house and one of the card: 7.09 of it are Alice's."""
    Customer.objects.create(user=bob, provider_id="cus_bob")
    FeeRule.objects.create(kind="tip", rate_bp=1000, starts_at=noon - timedelta(days=1))
    TaxRate.objects.create(country="FR", rate_bp=2000, starts_at=noon - timedelta(days=1))
    payment = Payment.objects.create(
        kind="tip",
        payer=bob,
        channel=alice_channel,
        creator=alice,
        card_label="Visa",
        customer_id_there="cus_bob",
        card_id_there="pm",
        payer_country="FR",
        currency="eur",
        amount_minor=1000,
        created_at=noon,
        asked_at=noon,
    )
    Tip.objects.create(payment=payment)
    settle(Charge("pi_1", str(payment.pk), "paid", eur(1000), eur(40)), noon)
    payment.refresh_from_db()
    return payment


def dispute(state: Any, amount: int = 1000, fee: int | None = 1500) -> DisputeFacts:
    return DisputeFacts("du_1", "pi_1", eur(amount), state, "fraudulent", None if fee is None else eur(fee))


def refunded(minor: int, state: Any = "paid", number: int = 1) -> RefundFacts:
    return RefundFacts(f"re_{number}", "", "pi_1", eur(minor), state)


def everything() -> dict[str, int]:
    names = {"gateway": GATEWAY, "fees": FEES, "income": INCOME, "tax": TAX, "disputes": DISPUTES}
    return {name: euros(account) for name, account in names.items()}


def test_it_is_held_and_the_creator_told(paid: Payment, alice: User, noon: datetime) -> None:
    before = euros(payable(alice))

    settle_dispute(dispute("open"), noon)

    balance = balances_of(alice)["eur"]
    assert (balance.available, balance.held, balance.owing) == (eur(0), eur(before), eur(0))
    assert (euros(DISPUTES), euros(GATEWAY)) == (-2500, 1540)
    assert Notification.objects.get(user=alice).kind == "dispute_open"
    paid.refresh_from_db()
    assert not paid.left
    with pytest.raises(NothingToRefund):
        _decide(paid, eur(1), alice, "", noon)
    # Nothing is earned or lost by it so far.
    (one,) = earned_by_month(alice)
    assert (one.figures.net, one.figures.refunds) == (before, 0)


def test_a_question_of_the_bank_holds_nothing(paid: Payment, alice: User, noon: datetime) -> None:
    assert settle_dispute(dispute("asked"), noon) == []
    assert balances_of(alice)["eur"].available


def test_won_all_is_as_it_was_but_for_the_fee(paid: Payment, alice: User, noon: datetime) -> None:
    before, theirs = everything(), euros(payable(alice))
    settle_dispute(dispute("open"), noon)

    for _ in range(2):
        settle_dispute(dispute("won"), noon)

    assert euros(payable(alice)) == theirs
    assert everything() == before | {"gateway": before["gateway"] + 1500, "disputes": -1500}
    assert Dispute.objects.get().closed_at == noon
    # What is heard too late changes nothing.
    settle_dispute(dispute("lost"), noon)
    settle_dispute(dispute("open"), noon)
    assert Dispute.objects.get().state == "won"


@pytest.mark.parametrize("told_before", [True, False])
def test_lost_it_is_as_if_it_had_been_given_back(paid: Payment, alice: User, noon: datetime, told_before: bool) -> None:
    if told_before:
        settle_dispute(dispute("open", fee=None), noon)

    settle_dispute(dispute("lost"), noon)

    assert balances_of(alice)["eur"].held == balances_of(alice)["eur"].available == eur(0)
    # The fee of the card and that of the dispute are the platform's loss.
    assert everything() == {"gateway": 1540, "fees": -40, "income": 0, "tax": 0, "disputes": -1500}
    (one,) = earned_by_month(alice)
    assert (one.figures.net, one.figures.refunds, one.figures.tax) == (0, 1000, 0)
    assert AuditEntry.objects.filter(action="dispute lost").count() == 1


def test_a_part_is_held_and_lost(paid: Payment, alice: User, noon: datetime) -> None:
    before = euros(payable(alice))

    settle_dispute(dispute("lost", 500), noon)

    assert euros(payable(alice)) == before - before // 2
    assert euros(TAX) == 167 - 167 // 2


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_what_was_paid_out_is_owed_and_recovered_first(
    paid: Payment, alice: User, noon: datetime, outcome: str
) -> None:
    theirs = euros(payable(alice))
    post(key="out", kind="payout", lines=[(payable(alice), eur(-theirs)), (GATEWAY, eur(theirs))], now=noon)
    settle_dispute(dispute("open"), noon)
    assert euros(receivable(alice)) == -theirs

    settle_dispute(dispute(outcome), noon)

    assert euros(receivable(alice)) == (0 if outcome == "won" else -theirs)
    assert balances_of(alice)["eur"].held == eur(0)


def test_what_went_back_meanwhile_does_not_come_again(paid: Payment, alice: User, noon: datetime) -> None:
    settle_dispute(dispute("open"), noon)
    settle_refund(refunded(1000), noon)

    settle_dispute(dispute("won"), noon)

    assert euros(payable(alice)) == euros(receivable(alice)) == euros(TAX) == 0
    assert euros(INCOME) == 0


def test_a_refund_that_fails_later_is_as_if_it_had_not_been(paid: Payment, alice: User, noon: datetime) -> None:
    before, theirs = everything(), euros(payable(alice))
    settle_refund(refunded(300, number=1), noon)
    settle_refund(refunded(700, number=2), noon)

    for facts in (refunded(300, "failed"), refunded(700, "failed", 2), refunded(300), refunded(700, number=2)):
        settle_refund(facts, noon)

    assert (everything(), euros(payable(alice))) == (before, theirs)
    paid.refresh_from_db()
    assert paid.left == eur(1000)
    assert {*Refund.objects.values_list("state", flat=True)} == {"failed"}
    assert Notification.objects.filter(user=alice, kind="refund_failed").count() == 2
    (one,) = earned_by_month(alice)
    assert (one.figures.refunds, one.figures.net) == (0, theirs)


def test_from_the_gateway_to_the_books_and_the_page(
    sandbox: Sandbox, bob: User, tipped: Channel, alice: User, client: Client
) -> None:
    card: Card = sandbox.save_card(bob)
    payment, other = (
        give_tip(giver=bob, channel=tipped, amount=eur(500), message="", card=card, now=timezone.now())
        for _ in range(2)
    )
    there = sandbox.ask("/sandbox/disputes", payment_intent=payment.provider_id)
    back = sandbox.ask("/v1/refunds", payment_intent=other.provider_id, amount="200")
    hear(there["id"], back["id"])
    assert balances_of(alice)["eur"].held == eur(467)
    sandbox.ask(f"/sandbox/refunds/{back['id']}/fail")
    sandbox.ask(f"/sandbox/disputes/{there['id']}/close", status="lost")
    hear(there["id"], back["id"])

    assert (Dispute.objects.get().state, Refund.objects.get().state) == ("lost", "failed")
    assert balances_of(alice)["eur"].available == eur(467)
    assert (euros(DISPUTES), euros(GATEWAY)) == (-1500, 1500 + 33 - 467)
    client.force_login(alice)
    page = client.get("/studio/alice/earnings").content.decode()
    assert "your part: €4.67" in page
    assert "lost" in page


def hear(*about: str) -> None:
    """What the gateway says of these, and of nothing that other tests had it do."""
    hearing.catch_up(timezone.now())
    hearing.handle_waiting(WebhookEvent.objects.waiting().filter(object_id__in=about))
