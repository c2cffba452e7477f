"""What the sandbox's front adds to localstripe, and what it keeps from browsers."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from accounts.models import User
from monetization.errors import GatewayRefused
from monetization.gateway import Order, open_gateway
from monetization.models import Card
from monetization.money import Money
from tests.monetization.sandbox import ASKS, DECLINED, DECLINED_LATER, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def order(card: Card, amount: Money, key: str = "", **more: bool) -> Order:
    name = key or str(uuid4())
    return Order(f"payment-{name}", name, amount, card.user.customer.provider_id, card.provider_id, **more)


def test_the_same_key_charges_once_and_another_wish_is_refused(sandbox: Sandbox, bob: User) -> None:
    card, gateway, key = sandbox.save_card(bob), open_gateway(), str(uuid4())

    first = gateway.charge(order(card, Money(500, "eur"), key))
    second = gateway.charge(order(card, Money(500, "eur"), key))

    assert first.state == "paid"
    assert second == first
    pairs = {"amount": "600", "currency": "eur"}
    headers = {"Authorization": f"Bearer {sandbox.key}", "Idempotency-Key": f"payment-{key}"}
    other = httpx.post(f"{sandbox.url}/v1/payment_intents", data=pairs, headers=headers)
    assert other.json()["error"]["type"] == "idempotency_error"


def test_a_charge_tells_the_cards_fee(sandbox: Sandbox, bob: User) -> None:
    charge = open_gateway().charge(order(sandbox.save_card(bob), Money(500, "eur")))

    # 1.5 % and a quarter.
    assert charge.fee == Money(33, "eur")


def test_no_less_than_the_currencys_minimum(sandbox: Sandbox, bob: User) -> None:
    charge = open_gateway().charge(order(sandbox.save_card(bob), Money(49, "eur")))

    assert (charge.state, charge.decline_code) == ("failed", "amount_too_small")


def test_no_more_goes_back_than_came(sandbox: Sandbox, bob: User) -> None:
    gateway = open_gateway()
    paid = gateway.charge(order(sandbox.save_card(bob), Money(500, "eur")))
    gateway.refund(key=str(uuid4()), refund="one", payment_there=paid.provider_id, amount=Money(300, "eur"))

    with pytest.raises(GatewayRefused):
        gateway.refund(key=str(uuid4()), refund="two", payment_there=paid.provider_id, amount=Money(201, "eur"))

    assert [facts.refund for facts in gateway.refunds_of(paid.provider_id)] == ["one"]


def test_a_declined_card_says_so_and_names_its_payment(sandbox: Sandbox, bob: User) -> None:
    charge = open_gateway().charge(order(sandbox.save_card(bob, DECLINED_LATER), Money(500, "eur")))

    assert (charge.state, charge.decline_code) == ("failed", "generic_decline")
    assert charge.provider_id.startswith("pi_")


def test_without_its_holder_a_card_that_asks_is_declined(sandbox: Sandbox, bob: User) -> None:
    card = sandbox.save_card(bob, ASKS)

    away = open_gateway().charge(order(card, Money(500, "eur"), is_off_session=True))
    there = open_gateway().charge(order(card, Money(500, "eur")))

    assert (away.state, away.decline_code) == ("failed", "authentication_required")
    assert there.state == "action"


def test_a_card_that_the_bank_refuses_is_not_saved(sandbox: Sandbox, bob: User) -> None:
    from monetization.cards import start_saving

    setup = start_saving(bob)
    answer = sandbox.confirm_setup(setup.provider_id, setup.client_secret, DECLINED)

    assert answer.json()["error"]["code"] == "card_declined"
    assert not open_gateway().find_setup(setup.provider_id).is_done


def test_a_dispute_is_opened_and_closed_on_request(sandbox: Sandbox, bob: User) -> None:
    paid = open_gateway().charge(order(sandbox.save_card(bob), Money(500, "eur")))

    dispute = sandbox.ask("/sandbox/disputes", payment_intent=paid.provider_id)
    lost = sandbox.ask(f"/sandbox/disputes/{dispute['id']}/close", status="lost")

    assert (dispute["status"], lost["status"]) == ("needs_response", "lost")
    kinds = [body.decode() for body, _ in sandbox.told() if dispute["id"].encode() in body]
    assert ["created" in kinds[0], "closed" in kinds[1]] == [True, True]


@pytest.mark.parametrize(("outcome", "refunds"), [("", 1), ("lost", 1), ("won", 2)])
def test_what_is_disputed_is_given_back_only_once_the_dispute_is_won(
    sandbox: Sandbox, bob: User, outcome: str, refunds: int
) -> None:
    """And what is disputed so isn't disputed again. What had come back of a refund is part of it."""
    there = open_gateway().charge(order(sandbox.save_card(bob), Money(500, "eur"))).provider_id
    failed = sandbox.ask("/v1/refunds", payment_intent=there, amount="200")["id"]
    sandbox.ask(f"/sandbox/refunds/{failed}/fail")
    dispute = sandbox.ask("/sandbox/disputes", payment_intent=there)
    assert dispute["amount"] == 500
    if outcome:
        sandbox.ask(f"/sandbox/disputes/{dispute['id']}/close", status=outcome)

    headers, asked = {"Authorization": f"Bearer {sandbox.key}"}, {"payment_intent": there, "amount": "100"}
    back = httpx.post(f"{sandbox.url}/v1/refunds", data=asked, headers=headers)
    again = httpx.post(f"{sandbox.url}/sandbox/disputes", data=asked, headers=headers)

    assert back.status_code == (200 if outcome == "won" else 400)
    assert back.json().get("error", {}).get("code") == (None if outcome == "won" else "charge_disputed")
    assert again.status_code == back.status_code
    assert len(open_gateway().refunds_of(there)) == refunds


def test_of_what_went_back_there_is_nothing_to_dispute(sandbox: Sandbox, bob: User) -> None:
    there = open_gateway().charge(order(sandbox.save_card(bob), Money(500, "eur"))).provider_id
    sandbox.ask("/v1/refunds", payment_intent=there, amount="500")

    headers = {"Authorization": f"Bearer {sandbox.key}"}
    answer = httpx.post(f"{sandbox.url}/sandbox/disputes", data={"payment_intent": there}, headers=headers)

    assert answer.status_code == 400


def test_browsers_get_nothing_without_the_secret_of_one_object(sandbox: Sandbox, bob: User) -> None:
    from monetization.cards import start_saving

    setup = start_saving(bob)
    other = start_saving(bob)
    call = f"setup_intents/{setup.provider_id}/confirm"

    refused = [
        sandbox.browser(call),
        sandbox.browser(call, client_secret=other.client_secret),
        sandbox.browser(call, client_secret=f"{setup.provider_id}_secret_guessed"),
        sandbox.browser(call, client_secret=setup.client_secret, key="pk_test_other"),
        sandbox.browser(call, client_secret=setup.client_secret, payment_method="pm_card_visa"),
        httpx.get(f"{sandbox.url}/v1/customers"),
        httpx.get(f"{sandbox.url}/v1/customers", headers={"Authorization": "Bearer sk_test_guessed"}),
        httpx.post(f"{sandbox.url}/sandbox/disputes"),
    ]

    assert {answer.status_code for answer in refused} == {401}


def test_what_it_knows_outlives_a_restart(tmp_path: Path, bob: User, settings: object) -> None:
    from django.test import override_settings

    sandbox = Sandbox(tmp_path)
    sandbox.start()
    try:
        with override_settings(ENV=sandbox.env, PAYMENTS="sandbox"):
            paid = open_gateway().charge(order(sandbox.save_card(bob), Money(500, "eur")))
            before = [facts.event_id for facts in open_gateway().events_since(bob.date_joined)]
            sandbox.stop()
            sandbox.start()

            assert open_gateway().find_charge(paid.provider_id) == paid
            assert [facts.event_id for facts in open_gateway().events_since(bob.date_joined)] == before
    finally:
        sandbox.stop()
    kept = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
    assert kept["localstripe.pickle"] == kept["front.sqlite3"] == 0o600
