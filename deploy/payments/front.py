"""The front: what real Stripe does and localstripe doesn't, and what the browser may reach of it.

Two doors. `/v1/` is for whoever has the secret key; `/browser/` for the edge, which passes the script and the calls
that confirm, each with the publishable key and the secret of one object.
"""

import asyncio
import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable

from aiohttp import web

from deploy.payments.backend import Backend
from deploy.payments.balance import Balance, LateFailures
from deploy.payments.connect import Connect, routes_of
from deploy.payments.disputes import Disputes
from deploy.payments.events import Events, new_id
from deploy.payments.notes import Notes
from deploy.payments.wire import (
    INERT,
    UNITS,
    Body,
    Pairs,
    Refusal,
    answer,
    expanded,
    fits,
    page,
    pairs_of,
    shaped,
    value_of,
    without,
)
from monetization.currencies import CURRENCIES

log = logging.getLogger(__name__)

BROWSER_SAYS = {"key", "client_secret", "use_stripe_sdk", "payment_method_data"}


class Front:
    """The handlers, and what they share."""

    def __init__(self, backend: Backend, notes: Notes, events: Events, secret_key: str, publishable_key: str) -> None:
        self._backend = backend
        self._notes = notes
        self._events = events
        self._secret_key = secret_key
        self._publishable_key = publishable_key
        self._balance = Balance(backend, notes)
        self._late = LateFailures(backend, notes, self._balance)
        self._disputes = Disputes(backend, notes, events, self._balance, self._late)
        self._connect = Connect(notes, events, self._balance)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/browser/js.stripe.com/v3/", self.script),
            web.post(
                r"/browser/v1/{kind:setup_intents|payment_intents}/{id}/{act:confirm|cancel|_authenticate}", self.browse
            ),
            web.post("/delivered", self.delivered),
            web.post("/sandbox/disputes", self._guarded(self.open_dispute)),
            web.post(r"/sandbox/disputes/{id}/close", self._guarded(self.close_dispute)),
            web.post(r"/sandbox/refunds/{id}/fail", self._guarded(self.fail_refund)),
            *routes_of(self._connect, self._guarded),
            web.get("/v1/balance_transactions", self._guarded(self.list_balance)),
            web.get("/v1/refunds", self._guarded(self.list_refunds)),
            web.get("/v1/events", self._guarded(self.list_events)),
            web.get(r"/v1/events/{id}", self._guarded(self.show_event)),
            web.get(r"/v1/disputes/{id}", self._guarded(self.show_dispute)),
            web.get("/v1/payment_intents", self._guarded(self.list_payments)),
            web.post("/v1/refunds", self._guarded(self.refund)),
            web.post("/v1/payment_intents", self._guarded(self.pay)),
            web.route("*", r"/v1/{path:.+}", self._guarded(self.pass_on)),
        ]

    def _guarded(
        self, act: Callable[[web.Request, Pairs], Awaitable[web.Response]]
    ) -> Callable[..., Awaitable[web.Response]]:
        """Only with the secret key; and a key for idempotency gets the first answer again."""

        async def handle(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") != f"Bearer {self._secret_key}":
                return answer(Refusal(401, "Invalid API Key provided").body, 401)
            text = await request.text() if request.method == "POST" else request.query_string
            key = request.headers.get("Idempotency-Key", "")
            if request.method != "POST" or not key:
                return await self._attempt(act, request, pairs_of(text))
            async with self._locks[key]:
                return await self._once(key, text, act, request)

        return handle

    async def _attempt(
        self, act: Callable[[web.Request, Pairs], Awaitable[web.Response]], request: web.Request, pairs: Pairs
    ) -> web.Response:
        try:
            return await act(request, pairs)
        except Refusal as refusal:
            return answer(refusal.body, refusal.status)

    async def _once(
        self, key: str, text: str, act: Callable[[web.Request, Pairs], Awaitable[web.Response]], request: web.Request
    ) -> web.Response:
        print_of = hashlib.sha256(f"{request.path}\n{text}".encode()).hexdigest()
        known = self._notes.get("reply", key)
        if known and known["print"] != print_of:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
            )
            return answer(Refusal(400, message, kind="idempotency_error").body, 400)
        if known:
            reply = answer(known["body"], known["status"])
            reply.headers["Idempotent-Replayed"] = "true"
            return reply
        reply = await self._attempt(act, request, pairs_of(text))
        # What was refused before anything was done may be tried again with the key, as at Stripe.
        if reply.status not in (400, 401, 404, 429):
            self._notes.put(
                "reply", key, {"print": print_of, "status": reply.status, "body": json.loads(reply.text or "{}")}
            )
        return reply

    async def script(self, _: web.Request) -> web.Response:
        return web.Response(body=await self._backend.script(), content_type="application/javascript", charset="utf-8")

    async def browse(self, request: web.Request) -> web.Response:
        """A browser confirms: with the publishable key, the object's own secret, and nothing else."""
        body = await request.read()
        try:
            said = json.loads(body)
        except ValueError:
            said = None
        if not isinstance(said, dict) or said.get("key") != self._publishable_key or not {*said} <= BROWSER_SAYS:
            return answer(Refusal(401, "Invalid API Key provided").body, 401)
        kind, id, act = (request.match_info[name] for name in ("kind", "id", "act"))
        if not str(said.get("client_secret", "")).startswith(f"{id}_secret_"):
            return answer(Refusal(401, "The client secret is missing.").body, 401)
        status, found = await self._backend.browser(f"/v1/{kind}/{id}/{act}", request.query_string, body)
        if kind == "setup_intents" and found.get("status") == "succeeded":
            self._events.tell("setup_intent.succeeded", found)
        return answer(shaped(found, set(), UNITS), status)

    async def delivered(self, request: web.Request) -> web.Response:
        """An event from localstripe, whose signature web checks."""
        self._events.pass_on(await request.read(), request.headers.get("Stripe-Signature", ""))
        return web.Response()

    async def pass_on(self, request: web.Request, pairs: Pairs) -> web.Response:
        """Everything that localstripe does well enough."""
        kind = request.match_info["path"].partition("/")[0]
        status, body = await self._backend.call(request.method, request.path, without(pairs, INERT.get(kind, ())))
        if status == 404:
            body["error"] = body.get("error", {}) | {"code": "resource_missing"}
        return answer(shaped(body, expanded(pairs), UNITS), status)

    async def pay(self, _: web.Request, pairs: Pairs) -> web.Response:
        """A payment: not below the currency's minimum, and without anybody there none that asks for somebody."""
        currency = CURRENCIES.get(value_of(pairs, "currency"))
        amount = value_of(pairs, "amount")
        if currency is None:
            raise Refusal(400, "Invalid currency.", "parameter_invalid_string", param="currency")
        if not amount.isdigit() or int(amount) < currency.minimum_minor or int(amount) % currency.step_minor:
            raise Refusal(
                400, "Amount must be at least the minimum of the currency.", "amount_too_small", param="amount"
            )
        known = without(pairs, INERT["payment_intents"])
        status, body = await self._backend.call("POST", "/v1/payment_intents", known)
        if status == 402:
            raise await self._declined(body)
        if body.get("status") == "requires_action" and value_of(pairs, "off_session") == "true":
            await self._backend.call("POST", f"/v1/payment_intents/{body['id']}/cancel", [])
            raise self._card_error("authentication_required", "This card asks its holder.", shaped(body, set(), UNITS))
        return answer(shaped(body, expanded(pairs), UNITS), status)

    async def _declined(self, body: Body) -> Refusal:
        error = body.get("error", {})
        charge = await self._backend.get("charges", error["charge"])
        payment = await self._backend.get("payment_intents", charge["payment_intent"])
        return self._card_error(error.get("code", ""), error.get("message", ""), shaped(payment, set(), UNITS))

    @staticmethod
    def _card_error(code: str, message: str, payment: Body) -> Refusal:
        decline = "generic_decline" if code == "card_declined" else code
        return Refusal(402, message, code, "card_error", decline_code=decline, payment_intent=payment)

    async def refund(self, _: web.Request, pairs: Pairs) -> web.Response:
        """Never more than was paid and not given back yet, and nothing of what is disputed."""
        id = value_of(pairs, "payment_intent")
        async with self._locks[id]:
            payment = await self._backend.get("payment_intents", id)
            charge = payment.get("latest_charge")
            if not charge or payment["status"] != "succeeded":
                raise Refusal(400, "This payment has no successful charge to refund.", "charge_not_refundable")
            if self._disputes.takes(charge["id"]):
                raise Refusal(400, f"Charge {charge['id']} has been charged back.", "charge_disputed")
            left = charge["amount"] - charge["amount_refunded"] + self._late.of(charge["id"])
            wanted = int(value_of(pairs, "amount") or left)
            if left == 0:
                raise Refusal(400, f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
            if wanted > left:
                message = f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})"
                raise Refusal(400, message, param="amount")
            status, body = await self._backend.call("POST", "/v1/refunds", without(pairs, INERT["refunds"]))
        if status == 200:
            self._events.tell("refund.created", body)
            self._events.tell("charge.refunded", (await self._backend.get("charges", charge["id"])))
        return answer(shaped(body, expanded(pairs), UNITS), status)

    async def list_refunds(self, request: web.Request, pairs: Pairs) -> web.Response:
        """localstripe's, of which some may have failed since."""
        status, body = await self._backend.call("GET", request.path, without(pairs, INERT["refunds"]))
        body["data"] = [self._late.told(one) for one in body.get("data", [])]
        return answer(shaped(body, expanded(pairs), UNITS), status)

    async def fail_refund(self, request: web.Request, _: Pairs) -> web.Response:
        """A card's bank doesn't take what was given back."""
        failed = await self._late.fail(request.match_info["id"])
        self._events.tell("refund.failed", failed)
        return answer(failed)

    async def list_balance(self, _: web.Request, pairs: Pairs) -> web.Response:
        """What moved the balance, newest first."""
        found = [one for one in await self._balance.all() if fits(one, pairs)]
        part = page([shaped(one, set(), UNITS) for one in found], pairs, "balance_transactions")
        if "data.source" in expanded(pairs):
            for one in part["data"]:
                one["source"] = shaped(self._late.told(await self._balance.source_of(one)), set(), UNITS)
        return answer(part)

    async def list_payments(self, _: web.Request, pairs: Pairs) -> web.Response:
        """Newest first, by customer and time."""
        found = [one for one in await self._backend.all("payment_intents") if fits(one, pairs)]
        return answer(page([shaped(one, expanded(pairs), UNITS) for one in found[::-1]], pairs, "payment_intents"))

    async def list_events(self, _: web.Request, pairs: Pairs) -> web.Response:
        """localstripe's and the front's own, newest first."""
        events = [*await self._backend.all("events"), *self._notes.all("event")]
        found = sorted((one for one in events if fits(one, pairs)), key=lambda one: int(one["created"]))[::-1]
        return answer(page(found, pairs, "events"))

    async def show_event(self, request: web.Request, pairs: Pairs) -> web.Response:
        id = request.match_info["id"]
        return answer(self._notes.get("event", id) or await self._backend.get("events", id))

    async def show_dispute(self, request: web.Request, _: Pairs) -> web.Response:
        return answer(self._disputes.get(request.match_info["id"]))

    async def open_dispute(self, _: web.Request, pairs: Pairs) -> web.Response:
        """A card holder's bank takes the money back."""
        return answer(await self._disputes.open(new_id("du"), value_of(pairs, "payment_intent")))

    async def close_dispute(self, request: web.Request, pairs: Pairs) -> web.Response:
        return answer(self._disputes.close(request.match_info["id"], value_of(pairs, "status")))
