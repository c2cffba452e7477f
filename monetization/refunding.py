"""Giving back: the creator's part and the tax in the measure in which they were taken, the rest by the platform.

The card's fee doesn't come back, so that it is the platform's loss.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts import audit
from accounts.models import User
from monetization.errors import GatewayAway, GatewayRefused, NothingToRefund
from monetization.gateway import RefundFacts, open_gateway
from monetization.ledger import GATEWAY, INCOME, TAX, Lines, post
from monetization.models import LedgerEntry, Payment, Refund
from monetization.money import Money
from monetization.settling import ware_of

log = logging.getLogger(__name__)

State = Refund.State


def refund(*, payment: Payment, amount: Money, by: User | None, reason: str, now: datetime) -> Refund:
    """Give back a payment or a part of it, once. Raises NothingToRefund when there is less left."""
    return ask_refund(_decide(payment, amount, by, reason, now), now)


@transaction.atomic
def _decide(payment: Payment, amount: Money, by: User | None, reason: str, now: datetime) -> Refund:
    """Commit to it before the gateway is asked; what is on its way back counts as gone."""
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    under_way = payment.refunds.filter(state=State.ASKED).aggregate(total=Sum("amount_minor"))["total"] or 0
    left = payment.left - Money(under_way, payment.currency)
    if not payment.is_paid or not 0 < amount.amount_minor <= left.amount_minor:
        raise NothingToRefund
    row = Refund.objects.create(
        payment=payment,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason=reason,
        by=by,
        created_at=now,
        asked_at=now,
    )
    audit.record(by, "refunded payment", payment, refund=str(row.pk), amount_minor=row.amount_minor, reason=reason)
    return row


def ask_refund(row: Refund, now: datetime) -> Refund:
    """Have the gateway give back what was decided. Without an answer a sweep asks again, by the same key."""
    there = row.payment.provider_id
    try:
        facts = open_gateway().refund(key=row.key, refund=str(row.pk), payment_there=there, amount=row.amount)
    except GatewayAway as error:
        log.warning("refund %s waits: %s", row.pk, error.facts)
        return row
    except GatewayRefused as refusal:
        log.error("refund %s is refused: %s", row.pk, refusal.facts)
        return _fail(row, now)
    return settle_refund(facts, now) or row


@transaction.atomic
def _fail(row: Refund, now: datetime) -> Refund:
    row = Refund.objects.select_for_update().get(pk=row.pk)
    if row.state == State.ASKED:
        row.state, row.settled_at = State.FAILED, now
        row.save(update_fields=["state", "settled_at"])
    return row


@transaction.atomic
def settle_refund(facts: RefundFacts, now: datetime) -> Refund | None:
    """Take note of a refund, also of one made at the gateway's own desk; None when the payment isn't ours."""
    payments = Payment.objects.select_for_update(of=("self",)).select_related("channel", "creator", "payer")
    payment = payments.filter(provider_id=facts.payment_there, state=Payment.State.PAID).first()
    if payment is None:
        return None
    row = _row_of(facts, payment, now)
    if row.state == State.DONE:
        return row
    row.provider_id, row.asked_at = facts.provider_id, now
    if facts.state == "paid":
        _give_back(row, payment, now)
    elif facts.state == "failed":
        row.state, row.settled_at = State.FAILED, now
    row.save()
    return row


def _row_of(facts: RefundFacts, payment: Payment, now: datetime) -> Refund:
    """Ours, or one that somebody made at the gateway's desk."""
    rows = Refund.objects.select_for_update().filter(payment=payment)
    try:
        row = rows.filter(pk=UUID(facts.refund)).first() if facts.refund else None
    except ValueError:
        row = None
    row = row or rows.filter(provider_id=facts.provider_id).first()
    if row is not None:
        return row
    audit.record(None, "refunded payment", payment, there=facts.provider_id, amount_minor=facts.amount.amount_minor)
    return Refund(
        payment=payment,
        amount_minor=facts.amount.amount_minor,
        currency=facts.amount.currency,
        provider_id=facts.provider_id,
        created_at=now,
        asked_at=now,
    )


def _give_back(row: Refund, payment: Payment, now: datetime) -> None:
    post(
        key=row.key,
        kind=f"refund-{payment.kind}",
        lines=_lines(row.amount, payment),
        source=payment.key,
        now=now,
    )
    row.state, row.settled_at = State.DONE, now
    payment.refunded_minor += row.amount_minor
    payment.save(update_fields=["refunded_minor"])
    ware_of(payment).on_refunded(payment, now)


def _lines(amount: Money, payment: Payment) -> Lines:
    """Of several refunds each takes the difference, so that all together take exactly what was given."""
    rule = LedgerEntry.objects.get(key=payment.key).rule

    def part(whole_minor: int) -> Money:
        after = whole_minor * (payment.refunded_minor + amount.amount_minor) // payment.amount_minor
        before = whole_minor * payment.refunded_minor // payment.amount_minor
        return Money(after - before, payment.currency)

    creator, tax = part(rule["creator_minor"]), part(rule["tax_minor"])
    return [
        (GATEWAY, amount),
        (TAX, -tax),
        (INCOME, tax + creator - amount),
        *ware_of(payment).back(payment, creator),
    ]
