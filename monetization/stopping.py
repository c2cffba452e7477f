"""What a dispute over a month does to its subscription: nothing is charged any more until it is decided.

The subscriber stays one for what is paid. Won, it goes on: with a month that begins now where the paid ones are over
by then. Lost, it ends.
"""

from datetime import datetime

from django.db.models import Q

from accounts import audit
from monetization.contracts import end, is_disputed, let_run_until, locked
from monetization.models import Contract, Payment

State = Contract.State


def on_disputed(payment: Payment, now: datetime) -> None:
    contract = _contract_of(payment)
    if contract is not None:
        let_run_until(contract, max(contract.paid_until or now, now))
        audit.record(None, "stopped paid subscription", contract)


def on_won(payment: Payment, now: datetime) -> None:
    contract = _contract_of(payment)
    if contract is None or is_disputed(contract):
        return
    if contract.is_cancelled or (contract.paid_until is not None and contract.paid_until > now):
        let_run_until(contract, contract.paid_until if contract.is_cancelled else None)
    else:
        # Nobody pays for the time in which there was nothing: months are counted anew.
        contract.opened_at = contract.paid_until = contract.next_try_at = now
        contract.state, contract.tries = State.RUNNING, 0
        contract.months_paid = contract.months_given = 0
    contract.save()
    audit.record(None, "paid subscription goes on", contract)


def on_lost(payment: Payment, now: datetime) -> None:
    contract = _contract_of(payment)
    if contract is not None:
        end(contract, now)
        contract.save()
        audit.record(None, "ended paid subscription", contract)


def _contract_of(payment: Payment) -> Contract | None:
    """The contract that a payment is about, nobody else's until the transaction ends; None when it is over."""
    about = Q(periods__payment=payment) | Q(switches__payment=payment)
    contract = Contract.objects.in_force().filter(about).first()
    return locked(contract) if contract else None
