"""How Stripe's clients write parameters, and what the gateway's answers look like."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from monetization.currencies import CURRENCIES

Pairs = list[tuple[str, str]]
Body = dict[str, Any]
UNITS = {one.code: one.unit_minor for one in CURRENCIES.values()}

# Real Stripe knows these, and they change nothing here; localstripe refuses what it doesn't know.
INERT = {
    "payment_intents": {"allowed_payment_method_types", "description", "receipt_email", "statement_descriptor_suffix"},
    "setup_intents": {"allowed_payment_method_types", "description"},
    "refunds": {"reason", "expand"},
    "customers": set[str](),
}


class Refusal(Exception):
    """What the front itself says no to, in Stripe's words."""

    def __init__(self, status: int, message: str, code: str = "", kind: str = "invalid_request_error", **more: Any):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **({"code": code} if code else {}), **more}}


def answer(body: Body, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)


def pairs_of(text: str) -> Pairs:
    return parse_qsl(text, keep_blank_values=True)


def written(pairs: Pairs) -> bytes:
    return urlencode(pairs).encode()


def root_of(name: str) -> str:
    """`metadata[tip]` is about `metadata`."""
    return name.partition("[")[0]


def without(pairs: Pairs, roots: Iterable[str]) -> Pairs:
    gone = {*roots}
    return [(name, value) for name, value in pairs if root_of(name) not in gone]


def expanded(pairs: Pairs) -> set[str]:
    return {value for name, value in pairs if root_of(name) == "expand"}


def value_of(pairs: Pairs, name: str) -> str:
    return next((value for found, value in pairs if found == name), "")


def read(body: bytes) -> Body:
    """localstripe's answer, whatever it is."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"error": {"type": "api_error", "message": "The sandbox failed."}}


def card_fee(amount: int, minor_in_unit: int) -> int:
    """1.5 % and a quarter of the unit."""
    return (amount * 15 + 500) // 1000 + minor_in_unit // 4


def shaped(body: Any, expand: set[str], fee_of: Mapping[str, int]) -> Any:
    """An answer as real Stripe writes it where localstripe doesn't.

    `fee_of` is what one unit of each currency has in minor units; a charge is an id unless it was asked for.
    """
    if isinstance(body, list):
        return [shaped(one, expand, fee_of) for one in body]
    if not isinstance(body, dict):
        return body
    kind = body.get("object")
    if kind == "event":
        return body
    shape = {name: shaped(value, expand, fee_of) for name, value in body.items() if (kind, name) not in OLD_FIELDS}
    if kind == "payment_intent":
        shape["amount_received"] = body["amount"] if body["status"] == "succeeded" else 0
        shape["payment_method_types"] = ["card"]
        charge = body.get("latest_charge")
        if isinstance(charge, dict) and not any(path.startswith("latest_charge") for path in expand):
            shape["latest_charge"] = charge["id"]
    if kind == "balance_transaction" and body["type"] == "charge":
        shape["fee"] = card_fee(body["amount"], fee_of.get(body["currency"], 100))
        shape["net"] = body["amount"] - shape["fee"]
    return shape


OLD_FIELDS = {("payment_intent", "charges"), ("charge", "refunds")}


def fits(one: Body, pairs: Pairs) -> bool:
    """Whether a list that was asked for so has this row."""
    for name, value in pairs:
        match root_of(name), name:
            case "created", "created[gte]" if one["created"] < int(value):
                return False
            case "created", "created[lt]" if one["created"] >= int(value):
                return False
            case "customer" | "type" | "source" | "destination", _ if one.get(name) != value:
                return False
    return True


def page(rows: list[Body], pairs: Pairs, url: str) -> Body:
    """A part of a list, after the row that was named."""
    limit, after = int(value_of(pairs, "limit") or 10), value_of(pairs, "starting_after")
    first = next((number + 1 for number, row in enumerate(rows) if row["id"] == after), 0) if after else 0
    part = rows[first : first + limit]
    return {"object": "list", "url": f"/v1/{url}", "has_more": len(rows) > first + limit, "data": part}
