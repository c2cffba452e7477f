"""Disputes, which localstripe doesn't know: opened and closed on request, each told of by an event."""

import time

from deploy.payments.backend import Backend
from deploy.payments.balance import Balance, LateFailures
from deploy.payments.events import Events
from deploy.payments.notes import Notes
from deploy.payments.wire import Body, Refusal

CLOSED = ("won", "lost")
# In units of the currency.
FEE_UNITS = 15


class Disputes:
    def __init__(self, backend: Backend, notes: Notes, events: Events, balance: Balance, late: LateFailures) -> None:
        self._backend = backend
        self._notes = notes
        self._events = events
        self._balance = balance
        self._late = late

    async def open(self, id: str, payment_intent: str) -> Body:
        """The money and a fee are taken at once."""
        payment = await self._backend.get("payment_intents", payment_intent)
        charge = payment.get("latest_charge")
        if not charge or payment["status"] != "succeeded":
            raise Refusal(400, "Only what was paid can be disputed.")
        amount = charge["amount"] - charge["amount_refunded"] + self._late.of(charge["id"])
        if amount == 0 or self.takes(charge["id"]):
            raise Refusal(400, "There is nothing left of this charge to dispute.")
        dispute = {
            "id": id,
            "object": "dispute",
            "amount": amount,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": payment_intent,
            "reason": "fraudulent",
            "status": "needs_response",
            "created": int(time.time()),
            "balance_transactions": [
                self._balance.move(id, "adjustment", -amount, charge["currency"], fee_units=FEE_UNITS)
            ],
            "livemode": False,
            "metadata": {},
        }
        self._notes.put("dispute", id, dispute)
        self._events.tell("charge.dispute.created", dispute)
        return dispute

    def takes(self, charge: str) -> bool:
        """Whether a charge's money is gone by a dispute: while that is open, and once it is lost."""
        return any(one["charge"] == charge and one["status"] != "won" for one in self._notes.all("dispute"))

    def get(self, id: str) -> Body:
        found = self._notes.get("dispute", id)
        if found is None:
            raise Refusal(404, f"No such dispute: {id}", "resource_missing")
        return found

    def close(self, id: str, status: str) -> Body:
        """What is won comes back, the fee doesn't."""
        if status not in CLOSED:
            raise Refusal(400, "A dispute is won or lost.", param="status")
        dispute = self.get(id)
        if dispute["status"] in CLOSED:
            raise Refusal(400, "This dispute is closed.")
        if status == "won":
            back = self._balance.move(id, "adjustment", dispute["amount"], dispute["currency"])
            dispute["balance_transactions"] += [back]
        dispute["status"] = status
        self._notes.put("dispute", id, dispute)
        self._events.tell("charge.dispute.closed", dispute)
        return dispute
