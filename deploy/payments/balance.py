"""What moved the balance: localstripe's transactions of charges and refunds, and those of what the front adds."""

import time
from typing import Any

from deploy.payments.backend import Backend
from deploy.payments.events import new_id
from deploy.payments.notes import Notes
from deploy.payments.wire import Body, Refusal
from monetization.currencies import CURRENCIES


class Balance:
    def __init__(self, backend: Backend, notes: Notes) -> None:
        self._backend = backend
        self._notes = notes

    def move(self, source: str, kind: str, amount: int, currency: str, *, fee_units: int = 0) -> Body:
        """Write down a transaction that localstripe doesn't know of."""
        fee = fee_units * CURRENCIES[currency].unit_minor
        moved: dict[str, Any] = {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "currency": currency,
            "created": int(time.time()),
            "fee": fee,
            "net": amount - fee,
            "source": source,
            "status": "available",
            "type": kind,
        }
        self._notes.put("balance_transaction", moved["id"], moved)
        return moved

    async def source_of(self, moved: Body) -> Body:
        """The charge, refund, dispute, transfer or reversal itself; a top-up is nothing but its number."""
        kinds = ("dispute", "transfer", "reversal")
        known = next((found for kind in kinds if (found := self._notes.get(kind, moved["source"]))), None)
        if moved["type"] == "topup":
            return {"id": moved["source"], "object": "topup"}
        kind = "refunds" if moved["source"].startswith("re_") else "charges"
        return known or await self._backend.get(kind, moved["source"])

    async def all(self) -> list[Body]:
        """Newest first."""
        found = [*await self._backend.all("balance_transactions"), *self._notes.all("balance_transaction")]
        return sorted(found, key=lambda one: int(one["created"]))[::-1]


class LateFailures:
    """Refunds that the card's bank sends back days later, which is done on request."""

    def __init__(self, backend: Backend, notes: Notes, balance: Balance) -> None:
        self._backend = backend
        self._notes = notes
        self._balance = balance

    async def fail(self, id: str) -> Body:
        refund = self.told(await self._backend.get("refunds", id))
        if refund["status"] != "succeeded":
            raise Refusal(400, "Only what was given back can fail.")
        self._notes.put("failed_refund", id, {"charge": refund["charge"], "amount": refund["amount"]})
        self._balance.move(id, "refund_failure", refund["amount"], refund["currency"])
        return self.told(refund)

    def told(self, refund: Body) -> Body:
        """A refund as it stands."""
        if self._notes.get("failed_refund", refund.get("id", "")) is None:
            return refund
        return refund | {"status": "failed", "failure_reason": "lost_or_stolen_card"}

    def of(self, charge: str) -> int:
        """How much of what went back of a charge came back again."""
        return sum(one["amount"] for one in self._notes.all("failed_refund") if one["charge"] == charge)
