"""Connect, which localstripe doesn't know: accounts of those who are paid, links to a page that asks them who they are,
transfers to them, and what goes on to their banks."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from deploy.payments.balance import Balance
from deploy.payments.events import Events, new_id
from deploy.payments.notes import Notes
from deploy.payments.wire import UNITS, Body, Pairs, Refusal, answer, fits, page, shaped, value_of

# What each button of the onboarding page leaves to be done: the capability's state, who must act, and on what.
OUTCOMES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "all": ("active", []),
    "document": ("restricted", [("individual.verification.document", "user")]),
    "checking": ("pending", [("individual.verification.document", "stripe")]),
    "rejected": ("rejected", []),
}
AT_FIRST = [("individual.address", "user"), ("individual.id_number", "user"), ("external_account", "user")]
ANSWERS_WITHIN = timedelta(days=14)
ONBOARDING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Payments sandbox</title>
<meta name="viewport" content="width=device-width"><main><h1>Payments sandbox</h1>
<p>Here the payment service would ask who you are, and for your bank account. What is it to say of you?</p>
<form method="post">
<p><button name="outcome" value="all">All is in order</button></p>
<p><button name="outcome" value="document">A document is missing</button></p>
<p><button name="outcome" value="checking">It is being checked</button></p>
<p><button name="outcome" value="rejected">It is refused</button></p>
</form></main></html>"""


class Connect:
    """Handlers of what is about connected accounts."""

    def __init__(self, notes: Notes, events: Events, balance: Balance) -> None:
        self._notes = notes
        self._events = events
        self._balance = balance

    async def open_account(self, request: web.Request, _: Pairs) -> web.Response:
        said = await request.json()
        account = {
            "id": new_id("acct"),
            "object": "v2.core.account",
            "applied_configurations": ["recipient"],
            "closed": False,
            "contact_email": said.get("contact_email"),
            "created": _iso(datetime.now(UTC)),
            "dashboard": said.get("dashboard"),
            "identity": {"country": said["identity"]["country"]},
            "metadata": said.get("metadata", {}),
            "livemode": False,
        }
        return answer(self._keep(account, "restricted", AT_FIRST))

    async def list_accounts(self, _: web.Request, pairs: Pairs) -> web.Response:
        """Those that are open, newest first, and where the next of them are; as briefly as they are listed there."""
        rows = [one for one in self._notes.all("account") if not one["closed"]][::-1]
        first, limit = int(value_of(pairs, "page") or 0), int(value_of(pairs, "limit") or 10)
        part = [{**one, "configuration": None, "requirements": None} for one in rows[first : first + limit]]
        more = f"/v2/core/accounts?page={first + limit}&limit={limit}" if rows[first + limit :] else None
        return answer({"data": part, "next_page_url": more, "previous_page_url": None})

    async def show_account(self, request: web.Request, _: Pairs) -> web.Response:
        return answer(self._account(request.match_info["id"]))

    async def close_account(self, request: web.Request, _: Pairs) -> web.Response:
        """Only as all that it is, and not while money is in it that its bank didn't take."""
        account, said = self._account(request.match_info["id"]), await request.json()
        if account["closed"] or said.get("applied_configurations") != account["applied_configurations"]:
            raise Refusal(400, "The account is closed, or is more than that.", param="applied_configurations")
        payouts = [one for one in self._notes.all("payout") if one["account"] == account["id"]]
        if any(one["status"] == "failed" for one in payouts):
            raise Refusal(400, "The account has money left in it.")
        account["closed"] = True
        return answer(self._keep(account, "rejected", []))

    async def open_link(self, request: web.Request, _: Pairs) -> web.Response:
        """An address for one visit, on the site that it leads back to."""
        said = await request.json()
        terms = said["use_case"]["account_onboarding"]
        self._account(said["account"])
        token, ends = new_id("link").replace("_", ""), datetime.now(UTC) + timedelta(minutes=5)
        self._notes.put("link", token, {"account": said["account"], "ends": ends.timestamp(), **terms})
        at = urlsplit(terms["return_url"])
        link = {
            "object": "v2.core.account_link",
            "account": said["account"],
            "created": _iso(datetime.now(UTC)),
            "expires_at": _iso(ends),
            "livemode": False,
            "url": f"{at.scheme}://{at.netloc}/payments-sandbox/connect/{token}",
            "use_case": said["use_case"],
        }
        return answer(link)

    async def visit(self, request: web.Request) -> web.Response:
        """The page, and what was chosen on it; a link that is used or too old leads to where there is a new one."""
        token = request.match_info["token"]
        link = self._notes.get("link", token)
        if link is None:
            raise web.HTTPNotFound
        if link["ends"] < time.time():
            raise web.HTTPSeeOther(link["refresh_url"])
        if request.method == "GET":
            return web.Response(text=ONBOARDING, content_type="text/html")
        outcome = OUTCOMES.get(str((await request.post()).get("outcome", "")))
        if outcome is None:
            raise web.HTTPBadRequest
        self._notes.put("link", token, link | {"ends": 0.0})
        self.settle(link["account"], outcome)
        raise web.HTTPSeeOther(link["return_url"])

    async def decide(self, request: web.Request, pairs: Pairs) -> web.Response:
        """The same without a page."""
        return answer(self.settle(request.match_info["id"], OUTCOMES[value_of(pairs, "outcome")]))

    def settle(self, id: str, outcome: tuple[str, list[tuple[str, str]]]) -> Body:
        account = self._keep(self._account(id), *outcome)
        self._events.tell_thin("v2.core.account[requirements].updated", "v2.core.account", id)
        return account

    def _account(self, id: str) -> Body:
        return self._found("account", id)

    def _found(self, kind: str, id: str) -> Body:
        found = self._notes.get(kind, id)
        if found is None:
            raise Refusal(404, f"No such {kind}: {id}", "resource_missing")
        return found

    def _keep(self, account: Body, status: str, due: list[tuple[str, str]]) -> Body:
        """Write down how it stands, as it is told when everything is included."""
        transfers = {"status": status, "status_details": []}
        account["configuration"] = {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": transfers}}}}
        account["requirements"] = {"entries": [_entry(*one) for one in due]}
        if due:
            soonest = {"status": "currently_due", "time": _iso(datetime.now(UTC) + ANSWERS_WITHIN)}
            account["requirements"]["summary"] = {"minimum_deadline": soonest}
        self._notes.put("account", account["id"], account)
        return account

    async def transfer(self, _: web.Request, pairs: Pairs) -> web.Response:
        """Never more than there is, and to nobody who may not be paid."""
        amount, currency = int(value_of(pairs, "amount")), value_of(pairs, "currency")
        account = self._account(value_of(pairs, "destination"))
        able = account["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]
        if able["status"] != "active":
            raise Refusal(400, "The account may not be paid.", "insufficient_capabilities_for_transfer")
        moved = [shaped(one, set(), UNITS) for one in await self._balance.all() if one["currency"] == currency]
        if sum(one["net"] for one in moved) < amount:
            raise Refusal(400, "You have insufficient available funds.", "balance_insufficient")
        transfer: Body = {
            "id": new_id("tr"),
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "created": int(time.time()),
            "currency": currency,
            "destination": account["id"],
            "livemode": False,
            "metadata": {name[9:-1]: value for name, value in pairs if name.startswith("metadata[")},
            "reversals": {"object": "list", "has_more": False, "url": "", "data": []},
            "reversed": False,
        }
        transfer["balance_transaction"] = self._balance.move(transfer["id"], "transfer", -amount, currency)["id"]
        self._notes.put("transfer", transfer["id"], transfer)
        self._events.tell("transfer.created", transfer)
        self._pay_on(transfer)
        return answer(transfer)

    def _pay_on(self, transfer: Body) -> None:
        """To the creator's bank, at once."""
        account = transfer["destination"]
        payout: dict[str, Any] = {
            "id": new_id("po"),
            "object": "payout",
            "amount": transfer["amount"],
            "arrival_date": int(time.time()),
            "automatic": True,
            "created": int(time.time()),
            "currency": transfer["currency"],
            "failure_code": None,
            "livemode": False,
            "metadata": {},
            "status": "paid",
        }
        self._notes.put("payout", payout["id"], payout | {"account": account})
        self._events.tell("payout.paid", payout, account)

    async def reverse(self, request: web.Request, pairs: Pairs) -> web.Response:
        """What somebody does at the gateway's desk."""
        transfer = self._found("transfer", request.match_info["id"])
        left = transfer["amount"] - transfer["amount_reversed"]
        amount = int(value_of(pairs, "amount") or left)
        if not 0 < amount <= left:
            raise Refusal(400, f"There is {left} left of this transfer.", param="amount")
        made: Body = {
            "id": new_id("trr"),
            "object": "transfer_reversal",
            "amount": amount,
            "created": int(time.time()),
            "currency": transfer["currency"],
            "metadata": {},
            "transfer": transfer["id"],
        }
        self._notes.put("reversal", made["id"], made)
        self._balance.move(made["id"], "transfer_refund", amount, transfer["currency"])
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        transfer["reversals"]["data"].append(made)
        self._notes.put("transfer", transfer["id"], transfer)
        self._events.tell("transfer.reversed", transfer)
        return answer(made)

    async def show_transfer(self, request: web.Request, _: Pairs) -> web.Response:
        return answer(self._found("transfer", request.match_info["id"]))

    async def list_transfers(self, _: web.Request, pairs: Pairs) -> web.Response:
        found = [one for one in self._notes.all("transfer") if fits(one, pairs)]
        return answer(page(found[::-1], pairs, "transfers"))

    async def list_payouts(self, request: web.Request, pairs: Pairs) -> web.Response:
        """Those of the account that the request is about."""
        about = request.headers.get("Stripe-Account", "")
        found = [one for one in self._notes.all("payout") if one["account"] == about and fits(one, pairs)]
        return answer(page([_untold(one) for one in found[::-1]], pairs, "payouts"))

    async def show_payout(self, request: web.Request, _: Pairs) -> web.Response:
        found = self._found("payout", request.match_info["id"])
        if found["account"] != request.headers.get("Stripe-Account", ""):
            raise Refusal(404, f"No such payout: {found['id']}", "resource_missing")
        return answer(_untold(found))

    async def fail_payout(self, request: web.Request, _: Pairs) -> web.Response:
        """The creator's bank doesn't take it; the money stays in their account with the gateway."""
        found = self._found("payout", request.match_info["id"]) | {
            "status": "failed",
            "failure_code": "account_closed",
        }
        self._notes.put("payout", found["id"], found)
        self._events.tell("payout.failed", _untold(found), found["account"])
        return answer(_untold(found))

    async def arrive(self, request: web.Request, _: Pairs) -> web.Response:
        """The creator's bank takes it after all."""
        found = self._found("payout", request.match_info["id"]) | {"status": "paid", "failure_code": None}
        self._notes.put("payout", found["id"], found)
        self._events.tell("payout.paid", _untold(found), found["account"])
        return answer(_untold(found))

    async def top_up(self, _: web.Request, pairs: Pairs) -> web.Response:
        """The operator puts money of their own into the balance."""
        amount, currency = int(value_of(pairs, "amount")), value_of(pairs, "currency")
        return answer(self._balance.move(new_id("tu"), "topup", amount, currency))


def _entry(description: str, who: str) -> Body:
    return {
        "awaiting_action_from": who,
        "description": description,
        "errors": [],
        "minimum_deadline": {"status": "currently_due"},
        "requested_reasons": [],
    }


def _untold(payout: Body) -> Body:
    return {name: value for name, value in payout.items() if name != "account"}


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def routes_of(connect: Connect, guarded: Any) -> list[web.RouteDef]:
    """What is for browsers, and what is for whoever has the secret key."""
    return [
        web.route("*", r"/browser/connect/{token:\w+}", connect.visit),
        web.post("/v2/core/accounts", guarded(connect.open_account)),
        web.get("/v2/core/accounts", guarded(connect.list_accounts)),
        web.get(r"/v2/core/accounts/{id}", guarded(connect.show_account)),
        web.post(r"/v2/core/accounts/{id}/close", guarded(connect.close_account)),
        web.post("/v2/core/account_links", guarded(connect.open_link)),
        web.post("/v1/transfers", guarded(connect.transfer)),
        web.get("/v1/transfers", guarded(connect.list_transfers)),
        web.get(r"/v1/transfers/{id}", guarded(connect.show_transfer)),
        web.post(r"/v1/transfers/{id}/reversals", guarded(connect.reverse)),
        web.get("/v1/payouts", guarded(connect.list_payouts)),
        web.get(r"/v1/payouts/{id}", guarded(connect.show_payout)),
        web.post(r"/sandbox/accounts/{id}", guarded(connect.decide)),
        web.post(r"/sandbox/payouts/{id}/fail", guarded(connect.fail_payout)),
        web.post(r"/sandbox/payouts/{id}/arrive", guarded(connect.arrive)),
        web.post("/sandbox/topups", guarded(connect.top_up)),
    ]
