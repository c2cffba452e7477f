"""Disputes: a card's holder has their bank take a payment back, and somebody there decides whose it is.

The gateway's money is gone at once, with a fee; the creator's part is held, beyond what they are owed as a debt. Won,
all comes back; lost, what was held is written off with the tax and the platform's part, as if it had been given back.
"""

import logging
from datetime import datetime

from django.db import transaction

from accounts import audit, notifications
from monetization.gateway import DisputeFacts
from monetization.ledger import DISPUTES, GATEWAY, INCOME, TAX, Account, Lines, held, post
from monetization.models import Dispute, Payment
from monetization.money import Money
from monetization.other_charges import all_charges
from monetization.portions import IN_DISPUTE, creators_surplus, locked_there, spread, tax_surplus
from monetization.settling import ware_of

log = logging.getLogger(__name__)

State = Dispute.State


@transaction.atomic
def settle_dispute(facts: DisputeFacts, now: datetime) -> list[Dispute]:
    """Take note of how a dispute stands; no rows when it is over no payment of ours, or a question so far.

    States go forward alone. A dispute over renewals that were charged together is one over each.
    """
    if facts.state == "asked":
        return []
    payments = {payment.pk: payment for payment in locked_there(facts.payment_there)}
    if not payments:
        _settle_elsewhere(facts, now)
        return []
    rows = list(Dispute.objects.select_for_update().filter(provider_id=facts.provider_id).order_by("pk"))
    if not rows:
        rows = [_open(facts, payment, amount, now) for payment, amount in spread(facts.amount, [*payments.values()])]
    _take_fee(rows[0], facts.fee, now)
    for row in rows:
        row.payment = payments[row.payment_id]
        if row.state == State.OPEN and facts.state != "open":
            _close(row, State(facts.state), now)
        elif row.state not in (State.OPEN, facts.state):
            log.error("dispute %s is %s here, and %s at the gateway", row.provider_id, row.state, facts.state)
    return rows


def _settle_elsewhere(facts: DisputeFacts, now: datetime) -> None:
    if not any(charges.dispute(facts, now) for charges in all_charges()):
        log.error("dispute %s is over nothing of ours: %s", facts.provider_id, facts.payment_there)


def _open(facts: DisputeFacts, payment: Payment, amount: Money, now: datetime) -> Dispute:
    row = Dispute(payment=payment, provider_id=facts.provider_id, reason=facts.reason[:64], opened_at=now)
    row.currency, row.amount_minor = amount.currency, amount.amount_minor
    payment.disputed_minor += amount.amount_minor
    payment.save(update_fields=["disputed_minor"])
    theirs = creators_surplus(payment)
    row.held_minor = theirs.amount_minor
    row.save()
    moved = [*ware_of(payment).back(payment, theirs), (_held(row), theirs)]
    _post(row, "hold", [(GATEWAY, amount), (DISPUTES, -amount), *moved], now)
    ware_of(payment).on_disputed(payment, now)
    _tell(row, now)
    return row


def _take_fee(row: Dispute, fee: Money | None, now: datetime) -> None:
    """What the gateway takes for it, which may be told later than the dispute, and given back in the end."""
    more = (fee or row.fee) - row.fee
    if more:
        key = f"{row.key}-fee-{row.fee_minor}-{row.fee_minor + more.amount_minor}"
        lines = [(GATEWAY, more), (DISPUTES, -more)]
        post(key=key, kind="dispute-fee", lines=lines, source=row.payment.key, now=now)
        row.fee_minor += more.amount_minor
        row.save(update_fields=["fee_minor"])


def _close(row: Dispute, state: Dispute.State, now: datetime) -> None:
    row.state, row.closed_at = state, now
    row.save(update_fields=["state", "closed_at"])
    if state == State.WON:
        _release(row, now)
        ware_of(row.payment).on_won(row.payment, now)
    else:
        _write_off(row, now)
        ware_of(row.payment).on_lost(row.payment, now)
    _tell(row, now)


def _release(row: Dispute, now: datetime) -> None:
    """All comes back; a part of it isn't the creator's when money was given back meanwhile."""
    payment = row.payment
    payment.disputed_minor -= row.amount_minor
    payment.save(update_fields=["disputed_minor"])
    theirs = -creators_surplus(payment)
    lines = [(GATEWAY, -row.amount), (DISPUTES, row.amount), (_held(row), -row.held), (INCOME, row.held - theirs)]
    _post(row, "release", [*lines, *ware_of(payment).owed(payment, theirs)], now)


def _write_off(row: Dispute, now: datetime) -> None:
    tax = tax_surplus(row.payment)
    _post(
        row,
        "dispute",
        [(DISPUTES, row.amount), (_held(row), -row.held), (TAX, -tax), (INCOME, row.held + tax - row.amount)],
        now,
    )


def _post(row: Dispute, what: str, lines: Lines, now: datetime) -> None:
    kind = f"{what}-{row.payment.kind}"
    post(
        key=f"{row.key}-{what}",
        kind=kind,
        lines=lines,
        source=row.payment.key,
        creator=row.payment.creator,
        now=now,
    )


def _held(row: Dispute) -> Account:
    return held(row.payment.creator, f"{IN_DISPUTE}{row.pk}")


def _tell(row: Dispute, now: datetime) -> None:
    """The creator, whose money it is about."""
    payment = row.payment
    audit.record(None, f"dispute {row.state}", payment, there=row.provider_id, amount_minor=row.amount_minor)
    notifications.notify(
        user=payment.creator,
        kind=f"dispute_{row.state}",
        now=now,
        url=f"/studio/{payment.channel.name}/earnings",
        key=f"{row.key}:{row.state}",
        amount={"amount_minor": row.amount_minor, "currency": row.currency},
    )
