"""What is charged in one currency and kept by the gateway in another: each currency's books balance by themselves."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe
from django.db import connection, transaction
from django.db.models import Sum
from stripe import StripeClient

from accounts.models import Channel, User
from monetization.creators import owed
from monetization.earnings import earned_by_month
from monetization.gateway import Gateway
from monetization.ledger import EXCHANGE, GATEWAY, balance_of
from monetization.models import Card, Customer, Difference, FeeRule, JointCharge, LedgerLine, Payment, Tip
from monetization.money import Money
from monetization.paying import open_joint, open_payment
from monetization.reconciling import reconcile
from monetization.refunding import settle_refund
from monetization.settling import settle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
# What was charged, what the gateway makes of it, its fee there, and the same part of what was charged.
CASES = [
    (Money(100_000, "tnd"), Money(2950, "eur"), 70, 2373),
    (Money(1000, "jpy"), Money(612, "eur"), 34, 56),
    (Money(500, "eur"), Money(817, "jpy"), 33, 20),
    (Money(1000, "usd"), Money(3120, "tnd"), 112, 36),
]


class Answers(stripe.RequestsClient):
    """A gateway that keeps one currency, whatever was charged."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, dict[str, Any]] = {}
        self.moved: list[dict[str, Any]] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **more: Any) -> Any:
        parts = urlsplit(url)
        asked, name = parse_qs(parts.query), parts.path.removeprefix("/v1/")
        body = self.objects.get(name.rpartition("/")[2]) or self._list(name, asked)
        return json.dumps(body), 200, {}

    def _list(self, name: str, asked: dict[str, list[str]]) -> dict[str, Any]:
        rows = [one for one in self.objects.values() if one["object"] == "refund"]
        if name == "balance_transactions":
            rows = [one for one in self.moved if asked.get("source", [one["source"]["id"]]) == [one["source"]["id"]]]
        return {"object": "list", "url": f"/v1/{name}", "has_more": False, "data": rows}

    def move(self, source: dict[str, Any], kind: str, amount: Money, fee: int = 0) -> dict[str, Any]:
        """A balance transaction; what it is about is told beside it, as an id within."""
        moved = {
            "id": f"txn_{len(self.moved)}",
            "object": "balance_transaction",
            "type": kind,
            "amount": amount.amount_minor,
            "currency": amount.currency,
            "fee": fee,
            "net": amount.amount_minor - fee,
        }
        self.moved.append(moved | {"source": source})
        return moved

    def pay(self, payment: Payment | JointCharge, settled: Money, fee: int) -> None:
        about = {"amount": payment.amount_minor, "currency": payment.currency}
        charge = {"id": f"ch_{payment.pk}", "object": "charge", "payment_intent": f"pi_{payment.pk}", **about}
        moved = self.move(charge, "charge", settled, fee)
        self.objects[f"pi_{payment.pk}"] = {
            "id": f"pi_{payment.pk}",
            "object": "payment_intent",
            "status": "succeeded",
            "metadata": {"payment": str(payment.pk)},
            "latest_charge": charge | {"balance_transaction": moved},
            **about,
        }

    def give_back(self, payment: Payment | JointCharge, amount: Money, settled: Money) -> dict[str, Any]:
        refund = {
            "id": f"re_{payment.pk}",
            "object": "refund",
            "status": "succeeded",
            "amount": amount.amount_minor,
            "currency": amount.currency,
            "metadata": {},
            "payment_intent": f"pi_{payment.pk}",
        }
        refund["balance_transaction"] = self.move(refund, "refund", settled)
        self.objects[f"re_{payment.pk}"] = refund
        return refund

    def fail(self, refund: dict[str, Any], settled: Money) -> None:
        refund["status"] = "failed"
        refund["failure_balance_transaction"] = self.move(
            refund | {"balance_transaction": None}, "refund_failure", settled
        )


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def gateway(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    made = Gateway(StripeClient("sk_test_elsewhere", http_client=answers), [])
    monkeypatch.setattr("monetization.reconciling.open_gateway", lambda: made)
    return made


@pytest.fixture
def card(bob: User) -> Card:
    Customer.objects.create(user=bob, provider_id="cus_1")
    about: dict[str, Any] = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040}
    return Card.objects.create(user=bob, provider_id="pm_1", added_at=AT, **about)


@transaction.atomic
def tip(card: Card, channel: Channel, amount: Money, joint: JointCharge | None = None) -> Payment:
    kind = Payment.Kind.TIP
    payment = open_payment(kind=kind, payer=card.user, channel=channel, amount=amount, card=card, now=AT, joint=joint)
    Tip.objects.create(payment=payment, message="")
    return payment


def sums_by_entry() -> set[int]:
    """What the lines of each entry come to, in each currency."""
    connection.check_constraints()
    lines = LedgerLine.objects.order_by().values("entry", "currency").annotate(total=Sum("amount_minor"))
    return {row["total"] for row in lines}


def differences() -> list[tuple[str, int, int]]:
    reconcile(datetime(2026, 6, 2, tzinfo=UTC))
    return list(Difference.objects.values_list("currency", "there_minor", "here_minor"))


@pytest.mark.parametrize(("amount", "settled", "fee", "fee_here"), CASES)
def test_what_is_kept_elsewhere_is_booked_as_it_moved(
    amount: Money, settled: Money, fee: int, fee_here: int, answers: Answers, gateway: Gateway, card: Card,
    alice: User, alice_channel: Channel,
) -> None:  # fmt: skip
    FeeRule.objects.create(kind="tip", rate_bp=1000, starts_at=AT)
    payment = tip(card, alice_channel, amount)
    answers.pay(payment, settled, fee)

    settle(gateway.find_charge(f"pi_{payment.pk}"), AT)

    assert sums_by_entry() == {0}
    assert balance_of(GATEWAY, settled.currency) == Money(fee - settled.amount_minor, settled.currency)
    assert not balance_of(GATEWAY, amount.currency)
    theirs = amount.amount_minor * 9 // 10 - fee_here
    assert owed(alice, amount.currency).amount_minor == theirs
    (month,) = earned_by_month(alice)
    figures = month.figures
    assert (month.currency, figures.gross, figures.card_fees) == (amount.currency, amount.amount_minor, fee_here)
    assert figures.net == theirs == figures.gross - figures.card_fees - figures.platform
    assert differences() == []


@pytest.mark.parametrize(("amount", "settled", "fee", "fee_here"), CASES)
def test_what_goes_back_at_another_rate_leaves_the_difference_with_exchanges(
    amount: Money, settled: Money, fee: int, fee_here: int, answers: Answers, gateway: Gateway, card: Card,
    alice: User, alice_channel: Channel,
) -> None:  # fmt: skip
    payment = tip(card, alice_channel, amount)
    answers.pay(payment, settled, fee)
    settle(gateway.find_charge(f"pi_{payment.pk}"), AT)
    refund = answers.give_back(payment, amount, Money(-settled.amount_minor - 7, settled.currency))

    settle_refund(gateway.refunds_of(f"pi_{payment.pk}")[0], AT)

    assert balance_of(GATEWAY, settled.currency) == Money(fee + 7, settled.currency)
    assert not owed(alice, amount.currency)
    assert differences() == []

    answers.fail(refund, Money(settled.amount_minor + 3, settled.currency))
    settle_refund(gateway.refunds_of(f"pi_{payment.pk}")[0], AT)

    assert sums_by_entry() == {0}
    assert balance_of(GATEWAY, settled.currency) == Money(fee - settled.amount_minor + 4, settled.currency)
    assert balance_of(EXCHANGE, settled.currency) == -balance_of(GATEWAY, settled.currency)
    assert owed(alice, amount.currency).amount_minor == amount.amount_minor - fee_here
    assert differences() == []


def test_a_joint_charge_is_shared_out_to_the_last_unit_in_both(
    answers: Answers, gateway: Gateway, card: Card, alice: User, alice_channel: Channel
) -> None:
    joint = open_joint(payer=card.user, amount=Money(30_010, "tnd"), card=card, now=AT)
    for minor in (10_000, 10_000, 10_010):
        tip(card, alice_channel, Money(minor, "tnd"), joint)
    answers.pay(joint, Money(887, "eur"), 38)

    settle(gateway.find_charge(f"pi_{joint.pk}"), AT)

    assert sums_by_entry() == {0}
    assert balance_of(GATEWAY, "eur") == Money(-849, "eur")
    # 38 of 887 of what was charged.
    assert owed(alice, "tnd") == Money(30_010 - 1286, "tnd")
    answers.give_back(joint, joint.amount, Money(-887, "eur"))
    settle_refund(gateway.refunds_of(f"pi_{joint.pk}")[0], AT)
    assert balance_of(GATEWAY, "eur") == Money(38, "eur")
    assert differences() == []


def test_what_moved_otherwise_than_was_told_is_a_difference_in_the_currency_that_is_kept(
    answers: Answers, gateway: Gateway, card: Card, alice_channel: Channel
) -> None:
    payment = tip(card, alice_channel, Money(100_000, "tnd"))
    answers.pay(payment, Money(2950, "eur"), 70)
    settle(gateway.find_charge(f"pi_{payment.pk}"), AT)
    answers.moved[0]["net"] -= 1

    assert differences() == [("eur", 2879, 2880)]
