"""What the house counts on, of whichever gateway there is: the sandbox, or with `--stripe=real` Stripe in test mode.

That wants a key in STRIPE_TEST_KEY (docs/money.md); without one these are left out.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from monetization.errors import GatewayAway, GatewayRefused
from monetization.gateway import Gateway, Order, open_gateway
from monetization.money import Money

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

FIVE = Money(500, "eur")


@pytest.fixture
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    if request.config.getoption("--stripe") != "real":
        request.getfixturevalue("sandbox")
        yield open_gateway()
        return
    key = os.environ.get("STRIPE_TEST_KEY", "")
    if not key.startswith("sk_test_"):
        pytest.skip("STRIPE_TEST_KEY isn't set to a secret key of Stripe's test mode")
    real: dict[str, Any] = {"payments": "stripe", "stripe_api_base": "", "stripe_secret_key": key}
    with override_settings(ENV=settings.ENV.model_copy(update=real), PAYMENTS="stripe"):
        yield open_gateway()


@pytest.fixture
def order(gateway: Gateway) -> Order:
    """Five euros from a card that pays, of somebody new."""
    customer = gateway.create_customer(email="bob@example.com", name="Bob")
    card = gateway._client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    name = str(uuid4())
    return Order(f"payment-{name}", name, FIVE, customer, card.id)


def test_a_card_is_charged_once_however_often_it_is_asked(gateway: Gateway, order: Order) -> None:
    first, again = gateway.charge(order), gateway.charge(order)

    assert (first.state, first.payment, first.amount) == ("paid", order.payment, FIVE)
    assert again.provider_id == first.provider_id
    assert gateway.find_charge(first.provider_id).state == "paid"
    with pytest.raises(GatewayAway):
        gateway.charge(replace(order, amount=Money(600, "eur")))
    since = timezone.now() - timedelta(minutes=10)
    found = gateway.find_charge_of(payment=order.payment, customer=order.customer, since=since)
    assert found is not None
    assert found.provider_id == first.provider_id


def test_no_less_than_the_minimum_and_no_more_back_than_came(gateway: Gateway, order: Order) -> None:
    assert gateway.charge(replace(order, key=str(uuid4()), amount=Money(1, "eur"))).state == "failed"
    paid = gateway.charge(order).provider_id
    name = str(uuid4())
    back = gateway.refund(key=name, refund=name, payment_there=paid, amount=Money(300, "eur"))
    with pytest.raises(GatewayRefused):
        gateway.refund(key=str(uuid4()), refund="x", payment_there=paid, amount=Money(201, "eur"))

    assert [(one.refund, one.amount) for one in gateway.refunds_of(paid)] == [(name, Money(300, "eur"))]
    assert back.state in ("paid", "pending")


def test_a_declined_card_says_so(gateway: Gateway, order: Order) -> None:
    card = gateway._client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": order.customer})
    charge = gateway.charge(replace(order, card=card.id))

    assert (charge.state, bool(charge.decline_code)) == ("failed", True)


def test_an_account_is_asked_for_details_and_isnt_paid_before(gateway: Gateway) -> None:
    name = str(uuid4())
    account = gateway.open_account(key=name, email="alice@example.com", name="Alice", country="FR")
    again = gateway.open_account(key=name, email="alice@example.com", name="Alice", country="FR")
    link = gateway.link_to(account.provider_id, again="https://example.com/a", back="https://example.com/b")

    assert again.provider_id == account.provider_id
    assert gateway.find_account(account.provider_id).state == "wanting"
    assert link.startswith("https://")
    with pytest.raises(GatewayRefused):
        gateway.transfer(key=str(uuid4()), payout="1", destination=account.provider_id, amount=Money(100, "eur"))


def test_what_happened_is_listed(gateway: Gateway, order: Order) -> None:
    paid = gateway.charge(order)
    told = gateway.events_since(timezone.now() - timedelta(minutes=10))

    assert paid.provider_id in {facts.object_id for facts in told if facts.type == "payment_intent.succeeded"}
