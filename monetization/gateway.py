"""The card gateway, and the only place that knows it is Stripe. Real Stripe and the sandbox get the same calls.

No call is made inside a database transaction. What comes back are facts in the house's own words.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from stripe import StripeClient

from monetization.currencies import CURRENCIES
from monetization.errors import ForgedEvent, GatewayAway, GatewayRefused
from monetization.exchanges import card_fee, kept_elsewhere
from monetization.facts import (
    AccountFacts,
    Arrival,
    CardFacts,
    Charge,
    DisputeFacts,
    EventFacts,
    Movement,
    Order,
    RefundFacts,
    Requirement,
    Reversal,
    Setup,
    State,
    TransferFacts,
)
from monetization.money import Money

__all__ = [
    "AccountFacts",
    "Arrival",
    "CardFacts",
    "Charge",
    "DisputeFacts",
    "EventFacts",
    "Gateway",
    "Movement",
    "Order",
    "RefundFacts",
    "Requirement",
    "Reversal",
    "Setup",
    "State",
    "TransferFacts",
    "open_gateway",
]

API_VERSION = "2026-10-28.endive"
TIMEOUT_S = (3.0, 20.0)
FEE = ["latest_charge.balance_transaction"]
SETTLEMENTS = ["balance_transaction", "failure_balance_transaction"]
_SETTLED = {"succeeded": "paid", "requires_action": "action", "requires_payment_method": "failed", "canceled": "failed"}
# Of answers that mean "no": a key that is wrong or too weak, a conflict, too many at once. They say nothing about what
# was asked for.
_ASKED_AGAIN = (401, 403, 409, 429)


class Gateway:
    """Stripe, by a client of its own."""

    def __init__(self, client: StripeClient, webhook_secrets: list[str]) -> None:
        self._client = client
        self._secrets = webhook_secrets

    def create_customer(self, *, email: str, name: str) -> str:
        with _asking():
            made = self._client.v1.customers.create({"email": email, "name": name})
        return made.id

    def start_setup(self, customer: str) -> Setup:
        """Have a card saved, so that it may be charged when its holder is away."""
        with _asking():
            made = self._client.v1.setup_intents.create(
                {"customer": customer, "usage": "off_session", "allowed_payment_method_types": ["card"]}
            )
        return _setup(made)

    def find_setup(self, setup_id: str) -> Setup:
        with _asking():
            return _setup(self._client.v1.setup_intents.retrieve(setup_id))

    def keep_card(self, card: str, customer: str) -> CardFacts:
        """A saved card as people know it. Stripe has attached it by itself; the sandbox hasn't."""
        with _asking():
            found = self._client.v1.payment_methods.retrieve(card)
            if not found.customer:
                found = self._client.v1.payment_methods.attach(card, {"customer": customer})
        about: Any = found.card
        return CardFacts(found.id, about.brand, about.last4, about.exp_month, about.exp_year, about.country or "")

    def drop_card(self, card: str) -> None:
        """Harmless when it is gone already."""
        with _asking():
            try:
                self._client.v1.payment_methods.detach(card)
            except stripe.InvalidRequestError:
                return

    def charge(self, order: Order) -> Charge:
        """Take money from a saved card. Raises GatewayAway while nobody knows whether it was taken."""
        try:
            with _asking():
                made = self._client.v1.payment_intents.create(
                    {
                        "amount": order.amount.amount_minor,
                        "currency": order.amount.currency,
                        "customer": order.customer,
                        "payment_method": order.card,
                        "allowed_payment_method_types": ["card"],
                        # At once, so that the fee is known with the answer.
                        "capture_method": "automatic",
                        "confirm": True,
                        "metadata": {"payment": order.payment},
                        "expand": FEE,
                        "off_session": order.is_off_session,
                    },
                    {"idempotency_key": order.key},
                )
        except stripe.CardError as error:
            return _declined(error, order)
        except GatewayRefused as refusal:
            return Charge("", order.payment, "failed", decline_code=refusal.facts["reason"])
        return _charge(made)

    def find_charge(self, provider_id: str) -> Charge:
        with _asking():
            return _charge(self._client.v1.payment_intents.retrieve(provider_id, {"expand": FEE}))

    def find_charge_of(self, *, payment: str, customer: str, since: datetime) -> Charge | None:
        """The charge for a payment of ours whose answer was lost too long ago to ask again by its key."""
        with _asking():
            page = self._client.v1.payment_intents.list(
                {
                    "customer": customer,
                    "created": {"gte": int(since.timestamp())},
                    "limit": 100,
                    "expand": ["data.latest_charge"],
                }
            )
            found = next((one for one in page.auto_paging_iter() if _ours(one.metadata, "payment") == payment), None)
        return self.find_charge(found.id) if found else None

    def cancel_charge(self, provider_id: str) -> Charge:
        """Give up one that waits for its card's holder; how it stands, when it can't be given up any more."""
        with _asking():
            try:
                return _charge(self._client.v1.payment_intents.cancel(provider_id))
            except stripe.InvalidRequestError:
                pass
        return self.find_charge(provider_id)

    def refund(self, *, key: str, refund: str, payment_there: str, amount: Money) -> RefundFacts:
        """Raises GatewayRefused when there is less left than that."""
        with _asking():
            made = self._client.v1.refunds.create(
                {
                    "payment_intent": payment_there,
                    "amount": amount.amount_minor,
                    "metadata": {"refund": refund},
                    "expand": SETTLEMENTS,
                },
                {"idempotency_key": key},
            )
        return _refund(made)

    def refunds_of(self, payment_there: str) -> list[RefundFacts]:
        """Everything that was given back of a payment, whoever decided it."""
        with _asking():
            page = self._client.v1.refunds.list(
                {"payment_intent": payment_there, "limit": 100, "expand": [f"data.{one}" for one in SETTLEMENTS]}
            )
            return [_refund(one) for one in page.auto_paging_iter()]

    def find_dispute(self, provider_id: str) -> DisputeFacts:
        with _asking():
            return _dispute(self._client.v1.disputes.retrieve(provider_id))

    def payment_of_charge(self, charge: str) -> str:
        """The payment at the gateway to which a charge belongs."""
        with _asking():
            return _id_of(self._client.v1.charges.retrieve(charge).payment_intent)

    def movements(self, since: datetime, until: datetime) -> list[Movement]:
        """What moved the balance in a time, in currencies that are ours."""
        with _asking():
            page = self._client.v1.balance_transactions.list(
                {
                    "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
                    "limit": 100,
                    "expand": ["data.source"],
                }
            )
            return [self._movement(one) for one in page.auto_paging_iter() if one.currency in CURRENCIES]

    def _movement(self, made: Any) -> Movement:
        movement = _movement(made)
        if getattr(made.source, "object", "") != "refund" or movement.is_whole:
            return movement
        # What it comes to in the gateway's own currency, all that moved for it says; one that failed moved twice.
        page = self._client.v1.balance_transactions.list({"source": movement.about, "limit": 100})
        nets = [one.net for one in page.auto_paging_iter() if one.currency == made.currency]
        return replace(movement, net=Money(sum(nets), made.currency), is_whole=True)

    def open_account(self, *, key: str, email: str, name: str, country: str) -> AccountFacts:
        """An account for who is paid, in the country where they live; what they are asked they say to the gateway.
        It bears the key, so that it is found again."""
        with _asking():
            made = self._client.v2.core.accounts.create(
                {
                    "contact_email": email,
                    "display_name": name,
                    "dashboard": "express",
                    "identity": {"country": country, "entity_type": "individual"},
                    "metadata": {"account": key},
                    "defaults": {
                        "responsibilities": {"fees_collector": "application", "losses_collector": "application"}
                    },
                    "configuration": {
                        "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
                    },
                    "include": ["configuration.recipient", "requirements"],
                },
                {"idempotency_key": key},
            )
        return _account(made)

    def find_account_of(self, *, key: str) -> AccountFacts | None:
        """The open account that bears a key of ours. All of them are read: for an answer that was lost too long ago."""
        with _asking():
            page = self._client.v2.core.accounts.list({"applied_configurations": ["recipient"], "limit": 20})
            found = next((one for one in page.auto_paging_iter() if _ours(one.metadata, "account") == key), None)
        return self.find_account(found.id) if found else None

    def find_account(self, provider_id: str) -> AccountFacts:
        with _asking():
            return _account(
                self._client.v2.core.accounts.retrieve(
                    provider_id, {"include": ["configuration.recipient", "requirements"]}
                )
            )

    def close_account(self, provider_id: str) -> None:
        """Close the account of somebody who is paid no more. Harmless when it is closed. Raises GatewayRefused while
        money is in it."""
        with _asking():
            try:
                self._client.v2.core.accounts.close(provider_id, {"applied_configurations": ["recipient"]})
            except stripe.StripeError as error:
                if not _is_refusal(error):
                    raise
                if not self._is_closed(provider_id):
                    raise GatewayRefused(reason=error.code or "invalid_request") from error

    def _is_closed(self, provider_id: str) -> bool:
        try:
            return bool(self._client.v2.core.accounts.retrieve(provider_id).closed)
        except stripe.StripeError as error:
            if not _is_refusal(error):
                raise
            return False

    def link_to(self, account: str, *, again: str, back: str) -> str:
        """Where somebody says what the gateway asks of them: an address for minutes and for one visit."""
        with _asking():
            made = self._client.v2.core.account_links.create(
                {
                    "account": account,
                    "use_case": {
                        "type": "account_onboarding",
                        "account_onboarding": {"refresh_url": again, "return_url": back},
                    },
                }
            )
        return made.url

    def transfer(self, *, key: str, payout: str, destination: str, amount: Money) -> TransferFacts:
        """Pay somebody. Raises GatewayRefused when there isn't as much, or they may not be paid."""
        with _asking():
            made = self._client.v1.transfers.create(
                {
                    "amount": amount.amount_minor,
                    "currency": amount.currency,
                    "destination": destination,
                    "metadata": {"payout": payout},
                },
                {"idempotency_key": key},
            )
        return _transfer(made)

    def find_transfer(self, provider_id: str) -> TransferFacts:
        with _asking():
            return _transfer(self._client.v1.transfers.retrieve(provider_id))

    def find_transfer_of(self, *, payout: str, destination: str, since: datetime) -> TransferFacts | None:
        """The transfer for a payout of ours whose answer was lost too long ago to ask again by its key."""
        with _asking():
            page = self._client.v1.transfers.list(
                {"destination": destination, "created": {"gte": int(since.timestamp())}, "limit": 100}
            )
            found = next((one for one in page.auto_paging_iter() if _ours(one.metadata, "payout") == payout), None)
        return _transfer(found) if found else None

    def find_arrival(self, account: str, provider_id: str) -> Arrival:
        """What became of what went on to somebody's bank."""
        with _asking():
            made = self._client.v1.payouts.retrieve(provider_id, {}, {"stripe_account": account})
        return Arrival(made.id, Money(made.amount, made.currency), made.status in ("failed", "canceled"))

    def read_event(self, body: bytes, signature: str) -> EventFacts:
        """An event that came in. Raises ForgedEvent unless one of our secrets signed exactly these bytes."""
        for secret in self._secrets:
            try:
                stripe.WebhookSignature.verify_header(body.decode(), signature, secret, 300)
            except (stripe.SignatureVerificationError, UnicodeDecodeError):
                continue
            return _event(json.loads(body))
        raise ForgedEvent

    def events_since(self, since: datetime) -> list[EventFacts]:
        """What happened since, oldest first: what no webhook may have told."""
        with _asking():
            page = self._client.v1.events.list({"created": {"gte": int(since.timestamp())}, "limit": 100})
            found = [_event(one.to_dict(for_json=True)) for one in page.auto_paging_iter()]
        return found[::-1]


@lru_cache(maxsize=4)
def _gateway(api_base: str, secret_key: str, secrets: tuple[str, ...]) -> Gateway:
    client = StripeClient(
        secret_key,
        stripe_version=API_VERSION,
        base_addresses={"api": api_base or stripe.DEFAULT_API_BASE},
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
    )
    return Gateway(client, list(secrets))


def open_gateway() -> Gateway:
    """The gateway that the settings name."""
    env = settings.ENV
    return _gateway(env.stripe_api_base, env.stripe_secret_key, tuple(filter(None, env.stripe_webhook_secrets)))


@contextmanager
def _asking() -> Iterator[None]:
    """Nobody waits for the gateway with locks in hand, and its errors become ours: a decline is none of these."""
    _check_no_transaction()
    try:
        yield
    except stripe.InvalidRequestError as error:
        raise GatewayRefused(reason=error.code or "invalid_request") from error
    except stripe.CardError:
        raise
    except stripe.StripeError as error:
        raise GatewayAway(why=str(error)) from error


def _is_refusal(error: stripe.StripeError) -> bool:
    """Whether asking again as it is brings the same. Most errors of v2 have no class that says so."""
    status = error.http_status or 0
    return isinstance(error, stripe.InvalidRequestError) or (400 <= status < 500 and status not in _ASKED_AGAIN)


def _check_no_transaction() -> None:
    """Raises RuntimeError within a transaction; the database itself isn't asked."""
    with transaction.atomic(durable=True):
        pass


def _charge(intent: Any) -> Charge:
    failure, charge = getattr(intent, "last_payment_error", None), getattr(intent, "latest_charge", None)
    return Charge(
        provider_id=intent.id,
        payment=_ours(intent.metadata, "payment"),
        state=_SETTLED.get(intent.status, "pending"),  # type: ignore[arg-type]
        amount=Money(intent.amount, intent.currency),
        fee=card_fee(charge, intent.currency),
        settled=kept_elsewhere(getattr(charge, "balance_transaction", None), intent.currency),
        client_secret=getattr(intent, "client_secret", None) or "",
        decline_code=_reason(failure) if failure else "",
    )


def _declined(error: stripe.CardError, order: Order) -> Charge:
    about: Any = error.error
    intent = getattr(about, "payment_intent", None)
    return Charge(_id_of(intent), order.payment, "failed", decline_code=_reason(about) or error.code or "declined")


def _reason(about: Any) -> str:
    """`authentication_required` says more than what the bank calls it."""
    code = getattr(about, "code", None) or ""
    return code if "authentication" in code else getattr(about, "decline_code", None) or code


def _setup(intent: Any) -> Setup:
    return Setup(
        intent.id,
        intent.client_secret or "",
        _id_of(intent.customer),
        _id_of(intent.payment_method),
        intent.status == "succeeded",
    )


def _refund(made: Any) -> RefundFacts:
    state: State = {"succeeded": "paid", "failed": "failed", "canceled": "failed"}.get(made.status, "pending")  # type: ignore[assignment]
    return RefundFacts(
        made.id,
        _ours(made.metadata, "refund"),
        _id_of(made.payment_intent),
        Money(made.amount, made.currency),
        state,
        settled=kept_elsewhere(getattr(made, "balance_transaction", None), made.currency),
        returned=kept_elsewhere(getattr(made, "failure_balance_transaction", None), made.currency),
    )


def _dispute(made: Any) -> DisputeFacts:
    state: Any = made.status if made.status in ("won", "lost") else "open"
    if made.status.startswith("warning_") or made.status == "prevented":
        state = "asked"
    taken = [one for one in made.balance_transactions or [] if one.currency == made.currency]
    fee = Money(sum(one.fee for one in taken), made.currency) if taken else None
    amount = Money(made.amount, made.currency)
    return DisputeFacts(made.id, _id_of(made.payment_intent), amount, state, made.reason or "", fee)


def _account(made: Any) -> AccountFacts:
    able = made.configuration.recipient.capabilities.stripe_balance.stripe_transfers.status
    entries = (made.requirements and made.requirements.entries) or []
    due = tuple(Requirement(one.description, one.awaiting_action_from == "user") for one in entries)
    state: Any = {"active": "active", "pending": "pending", "restricted": "wanting"}.get(able, "refused")
    if state == "wanting" and due and not any(one.is_theirs for one in due):
        state = "pending"
    soonest = getattr(getattr(made.requirements, "summary", None), "minimum_deadline", None)
    told = getattr(soonest, "time", None)
    return AccountFacts(made.id, state, due, datetime.fromisoformat(told) if told else None)


def _transfer(made: Any) -> TransferFacts:
    back = tuple(Reversal(one.id, Money(one.amount, one.currency)) for one in made.reversals.data)
    amount = Money(made.amount, made.currency)
    return TransferFacts(made.id, _ours(made.metadata, "payout"), _id_of(made.destination), amount, back)


def _movement(made: Any) -> Movement:
    source = made.source
    kind = getattr(source, "object", "")
    about, net = _id_of(source) or made.id, made.net
    if kind == "charge":
        about = _id_of(source.payment_intent) or about
    if kind == "dispute":
        net = sum(one.net for one in source.balance_transactions if one.currency == made.currency)
    is_whole_refund = kind == "refund" and source.currency == made.currency
    if is_whole_refund:
        net = 0 if source.status in ("failed", "canceled") else -source.amount
    return Movement(about, made.type, Money(net, made.currency), is_whole=kind == "dispute" or is_whole_refund)


def _event(told: dict[str, Any]) -> EventFacts:
    if told.get("object") == "v2.core.event":
        happened_at = datetime.fromisoformat(told["created"])
        return EventFacts(told["id"], told["type"], told["related_object"]["id"], happened_at, dict(told))
    about = told["data"]["object"]
    happened_at = datetime.fromtimestamp(told["created"], UTC)
    return EventFacts(told["id"], told["type"], str(about.get("id", "")), happened_at, dict(told))


def _id_of(what: Any) -> str:
    """Of an object, which may have been expanded or not."""
    return what if isinstance(what, str) else getattr(what, "id", None) or ""


def _ours(metadata: Any, name: str) -> str:
    return str(metadata[name]) if metadata and name in metadata else ""
