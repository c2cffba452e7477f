"""The contract with the gateway: every parameter that we send is one that its own library knows."""

import json
import re
import typing
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
import stripe
import stripe.params
from django.utils import timezone
from stripe import StripeClient
from stripe.params.v2 import core
from typing_extensions import is_typeddict

from accounts.models import User
from monetization.errors import ForgedEvent, GatewayAway
from monetization.gateway import API_VERSION, Gateway, Order, open_gateway
from monetization.money import Money
from tests.monetization.sandbox import ASKS, SECRET, Sandbox, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

PARAMS: dict[str, Any] = {
    r"POST /v1/customers": stripe.params.CustomerCreateParams,
    r"POST /v1/setup_intents": stripe.params.SetupIntentCreateParams,
    r"GET /v1/setup_intents/\w+": stripe.params.SetupIntentRetrieveParams,
    r"GET /v1/payment_methods/\w+": stripe.params.PaymentMethodRetrieveParams,
    r"POST /v1/payment_methods/\w+/attach": stripe.params.PaymentMethodAttachParams,
    r"POST /v1/payment_methods/\w+/detach": stripe.params.PaymentMethodDetachParams,
    r"POST /v1/payment_intents": stripe.params.PaymentIntentCreateParams,
    r"GET /v1/payment_intents/\w+": stripe.params.PaymentIntentRetrieveParams,
    r"GET /v1/payment_intents": stripe.params.PaymentIntentListParams,
    r"POST /v1/payment_intents/\w+/cancel": stripe.params.PaymentIntentCancelParams,
    r"POST /v1/refunds": stripe.params.RefundCreateParams,
    r"GET /v1/refunds": stripe.params.RefundListParams,
    r"GET /v1/charges/\w+": stripe.params.ChargeRetrieveParams,
    r"GET /v1/events": stripe.params.EventListParams,
    r"GET /v1/disputes/\w+": stripe.params.DisputeRetrieveParams,
    r"GET /v1/balance_transactions": stripe.params.BalanceTransactionListParams,
    r"POST /v2/core/accounts": core.AccountCreateParams,
    r"GET /v2/core/accounts": core.AccountListParams,
    r"GET /v2/core/accounts/\w+": core.AccountRetrieveParams,
    r"POST /v2/core/accounts/\w+/close": core.AccountCloseParams,
    r"POST /v2/core/account_links": core.AccountLinkCreateParams,
    r"POST /v1/transfers": stripe.params.TransferCreateParams,
    r"GET /v1/transfers/\w+": stripe.params.TransferRetrieveParams,
    r"GET /v1/transfers": stripe.params.TransferListParams,
    r"GET /v1/payouts/\w+": stripe.params.PayoutRetrieveParams,
}


class Listening(stripe.RequestsClient):
    """Writes down what is asked, on its way."""

    def __init__(self) -> None:
        super().__init__(timeout=10)
        self.asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **more: Any) -> Any:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query if method.upper() == "GET" else post_data or "")
        is_newer = method.upper() == "POST" and parts.path.startswith("/v2/")
        said = json.loads(post_data) if is_newer else _tree(pairs)
        self.asked.append((f"{method.upper()} {parts.path}", said, dict(headers)))
        return super().request(method, url, headers, post_data, **more)


def _tree(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = re.findall(r"[^\[\]]+", name)
        place = root
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return root


def _complaints(said: dict[str, Any], about: Any, where: str) -> list[str]:
    """Names that a typed dictionary of the library doesn't have, at any depth."""
    known = typing.get_type_hints(about, localns={"StripeContext": stripe.StripeContext, "Mapping": Mapping})
    found = [f"{where}: {name}" for name in said if name not in known]
    for name, value in said.items():
        inner = next((one for one in _parts(known.get(name)) if is_typeddict(one)), None)
        if isinstance(value, dict) and inner is not None:
            found += _complaints(value, inner, f"{where}[{name}]")
    return found


def _parts(hint: Any) -> list[Any]:
    inner = [part for one in typing.get_args(hint) for part in _parts(one)]
    return [hint, *inner]


def test_every_parameter_is_one_the_gateways_library_knows(sandbox: Sandbox, bob: User) -> None:
    card = sandbox.save_card(bob)
    listening = Listening()
    client = StripeClient(
        sandbox.key, stripe_version=API_VERSION, base_addresses={"api": sandbox.url}, http_client=listening
    )
    gateway = Gateway(client, [SECRET])
    made = gateway.create_customer(email="bob@example.com", name="Bob")
    setup = gateway.start_setup(made)
    sandbox.confirm_setup(setup.provider_id, setup.client_secret, ASKS)
    kept = gateway.keep_card(gateway.find_setup(setup.provider_id).card, made)
    name = str(uuid4())
    paid = gateway.charge(Order(name, name, Money(500, "eur"), bob.customer.provider_id, card.provider_id))
    waits = gateway.charge(Order(f"{name}-2", name, Money(500, "eur"), made, kept.provider_id))
    gateway.charge(Order(f"{name}-3", name, Money(500, "eur"), made, kept.provider_id, is_off_session=True))
    gateway.cancel_charge(waits.provider_id)
    gateway.find_charge_of(payment=name, customer=bob.customer.provider_id, since=bob.date_joined)
    gateway.refund(key=f"{name}-4", refund=name, payment_there=paid.provider_id, amount=Money(1, "eur"))
    gateway.refunds_of(paid.provider_id)
    charge: Any = client.v1.payment_intents.retrieve(paid.provider_id)
    gateway.payment_of_charge(charge.latest_charge)
    gateway.events_since(bob.date_joined)
    disputed = gateway.find_dispute(sandbox.ask("/sandbox/disputes", payment_intent=paid.provider_id)["id"])
    assert (disputed.state, disputed.amount, disputed.fee) == ("open", Money(499, "eur"), Money(1500, "eur"))
    moved = {one.about: one.net for one in gateway.movements(bob.date_joined, timezone.now() + timedelta(hours=1))}
    assert moved[disputed.provider_id] == Money(-1999, "eur")
    gateway.drop_card(kept.provider_id)
    _be_paid(sandbox, gateway, name)

    complaints, used = [], set()
    for call, said, _ in listening.asked:
        if call == "GET /v1/payouts":
            # The test's own question.
            continue
        pattern = next(pattern for pattern in PARAMS if re.fullmatch(pattern, call))
        used.add(pattern)
        complaints += _complaints(said, PARAMS[pattern], call)

    assert complaints == []
    assert used == {*PARAMS}
    assert {headers["Stripe-Version"] for _, _, headers in listening.asked} == {API_VERSION}


def _be_paid(sandbox: Sandbox, gateway: Gateway, name: str) -> None:
    """An account, what it is asked, a transfer to it, and what went on from there."""
    there = gateway.open_account(key=f"{name}-5", email="a@example.com", name="Alice", country="FR").provider_id
    asked = gateway.find_account(there)
    assert gateway.find_account_of(key=f"{name}-5") == asked
    assert (asked.state, [one.what for one in asked.due][-1]) == ("wanting", "external_account")
    assert asked.due_by is not None
    gateway.link_to(there, again="https://example.com/a", back="https://example.com/b")
    sandbox.ask(f"/sandbox/accounts/{there}", outcome="all")
    sandbox.ask("/sandbox/topups", amount="100000000", currency="eur")
    sent = gateway.transfer(key=f"{name}-6", payout="7", destination=there, amount=Money(1, "eur"))
    assert gateway.find_transfer(sent.provider_id) == sent
    assert gateway.find_transfer_of(payout="7", destination=there, since=timezone.now() - timedelta(hours=1)) == sent
    page = gateway._client.v1.payouts.list({}, {"stripe_account": there})
    assert not gateway.find_arrival(there, page.data[0].id).has_failed
    gateway.close_account(there)
    gateway.close_account(there)
    assert gateway.find_account(there).state == "refused"


def test_the_guard_sees_a_parameter_that_was_removed() -> None:
    said = {"amount": "1", "payment_method_types": {"0": "card"}, "shipping": {"nmae": "x"}}

    found = _complaints(said, stripe.params.PaymentIntentCreateParams, "POST")

    assert found == ["POST: payment_method_types", "POST[shipping]: nmae"]


def test_only_what_one_of_our_secrets_signed_is_an_event(sandbox: Sandbox) -> None:
    event = {"id": "evt_1", "type": "x", "created": 1, "data": {"object": {"id": "pi_1"}}}
    body, signature = signed(event)
    gateway = open_gateway()

    assert gateway.read_event(body, signature).object_id == "pi_1"
    for forged in (signed(event, "another")[1], "", "t=1,v1=", signature.replace("v1=", "v0=")):
        with pytest.raises(ForgedEvent):
            gateway.read_event(body, forged)
    with pytest.raises(ForgedEvent):
        gateway.read_event(body + b" ", signature)
    with pytest.raises(ForgedEvent):
        Gateway(StripeClient("sk_test_x"), []).read_event(*signed(event, ""))


def test_a_gateway_that_is_away_leaves_everything_open(bob: User) -> None:
    client = StripeClient("sk_test_x", base_addresses={"api": "http://127.0.0.1:9"}, max_network_retries=0)

    with pytest.raises(GatewayAway):
        Gateway(client, []).charge(Order("k", "p", Money(500, "eur"), "cus_1", "pm_1"))


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_it_with_locks_in_hand(sandbox: Sandbox) -> None:
    from django.db import transaction

    with transaction.atomic(), pytest.raises(RuntimeError):
        open_gateway().find_setup("seti_1")
