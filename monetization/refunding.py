"""Giving back: the creator's part and the tax in the measure in which they were taken, the rest by the platform.

The card's fee doesn't come back, so that it is the platform's loss.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse

from accounts import audit
from accounts.models import User
from accounts.notifications import notify
from monetization.errors import GatewayAway, GatewayRefused, NothingToRefund, RefundRefused
from monetization.gateway import RefundFacts, open_gateway
from monetization.gathering import share_out
from monetization.ledger import INCOME, TAX, came_in, post
from monetization.locking import lock_people_of
from monetization.models import Payment, Refund
from monetization.money import Money
from monetization.portions import creators_surplus, locked_there, spread, tax_surplus
from monetization.settling import KEY_KEPT, ware_of

log = logging.getLogger(__name__)

State = Refund.State


class Refundable(Protocol):
    """A row by which the gateway is asked to give something back."""

    provider_id: str
    created_at: datetime

    @property
    def pk(self) -> Any: ...
    @property
    def key(self) -> str: ...
    @property
    def amount(self) -> Money: ...


def refund(*, payment: Payment, amount: Money, by: User | None, reason: str, now: datetime) -> Refund:
    """Give back a payment or a part of it, once. Raises NothingToRefund when there is less left, and RefundRefused
    when nothing goes back."""
    row = ask_refund(_decide(payment, amount, by, reason, now), now)
    if row.state == State.FAILED:
        raise RefundRefused
    return row


@transaction.atomic
def _decide(payment: Payment, amount: Money, by: User | None, reason: str, now: datetime) -> Refund:
    """Commit to it before the gateway is asked; what is on its way back counts as gone."""
    lock_people_of(Payment.objects.filter(pk=payment.pk))
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if not payment.is_paid or not 0 < amount.amount_minor <= left_to_give_back(payment).amount_minor:
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


def left_to_give_back(payment: Payment) -> Money:
    """What is neither gone nor on its way back. Within the transaction that holds the payment's lock."""
    under_way = payment.refunds.filter(state=State.ASKED).aggregate(total=Sum("amount_minor"))["total"] or 0
    return Money(payment.left.amount_minor - under_way, payment.currency)


def owe_back(payment: Payment, reason: str, now: datetime, amount: Money | None = None) -> None:
    """Decide, within the transaction that holds a payment's lock, to give it or a part of it back; the next sweep asks
    for it."""
    amount = amount or payment.amount
    Refund.objects.create(
        payment=payment,
        amount_minor=amount.amount_minor,
        currency=payment.currency,
        reason=reason,
        created_at=now,
        asked_at=now,
    )
    audit.record(None, "refunded payment", payment, amount_minor=amount.amount_minor, reason=reason)


def ask_refund(row: Refund, now: datetime) -> Refund:
    """Have the gateway give back what was decided. Without an answer a sweep asks again, by the same key."""
    try:
        facts = refund_once(row, row.payment.there, now)
    except GatewayAway as error:
        log.warning("refund %s waits: %s", row.pk, error.facts)
        return row
    except GatewayRefused as refusal:
        log.error("refund %s is refused: %s", row.pk, refusal.facts)
        return _fail(row, now)
    return (settle_refund(facts, now) if facts else None) or row


def refund_once(row: Refundable, there: str, now: datetime) -> RefundFacts | None:
    """Never twice: what the gateway has a number for, or may have forgotten the key of, is looked for there.

    None when it doesn't know its own number.
    """
    gateway = open_gateway()
    if row.provider_id or now - row.created_at > KEY_KEPT:
        for facts in gateway.refunds_of(there):
            if facts.provider_id == row.provider_id or facts.refund == str(row.pk):
                return facts
    if row.provider_id:
        return None
    return gateway.refund(key=row.key, refund=str(row.pk), payment_there=there, amount=row.amount)


@transaction.atomic
def _fail(row: Refund, now: datetime) -> Refund:
    row = Refund.objects.select_for_update().get(pk=row.pk)
    if row.state == State.ASKED:
        row.state, row.settled_at = State.FAILED, now
        row.save(update_fields=["state", "settled_at"])
    return row


@transaction.atomic
def settle_refund(facts: RefundFacts, now: datetime) -> Refund | None:
    """Take note of a refund, also of one made at the gateway's own desk; None when the payment isn't ours.

    What is done may still fail, days later; what has failed so stays failed.
    """
    payments = {payment.pk: payment for payment in locked_there(facts.payment_there)}
    if not payments:
        return None
    rows = _rows_of(facts, [*payments.values()], now)
    settled, returned = _parts(facts.settled, rows), _parts(facts.returned, rows)
    for row, took, back in zip(rows, settled, returned, strict=True):
        row.payment = payments[row.payment_id]
        _settle(row, replace(facts, settled=took, returned=back), now)
    return rows[0]


def _parts(settled: Money | None, rows: list[Refund]) -> Sequence[Money | None]:
    """What moved in the gateway's own currency, by the payments of a joint charge that went back."""
    return share_out(settled, [row.amount for row in rows]) if settled else [None] * len(rows)


def _settle(row: Refund, facts: RefundFacts, now: datetime) -> None:
    if row.state == State.DONE and facts.state == "failed":
        _come_back(row, facts, now)
    elif row.state == State.ASKED or not row.provider_id:
        row.provider_id, row.asked_at = facts.provider_id, now
        if facts.state == "paid":
            _give_back(row, facts, now)
        elif facts.state == "failed":
            row.state, row.settled_at = State.FAILED, now
    row.save()


def _rows_of(facts: RefundFacts, payments: list[Payment], now: datetime) -> list[Refund]:
    """Ours, or those that somebody made at the gateway's desk: one a payment that the charge was for."""
    rows = Refund.objects.select_for_update().filter(payment__in=payments)
    try:
        ours = rows.filter(pk=UUID(facts.refund)) if facts.refund else rows.none()
    except ValueError:
        ours = rows.none()
    return list(ours or rows.filter(provider_id=facts.provider_id)) or [
        _row_of_desk(facts, payment, part, now) for payment, part in spread(facts.amount, payments)
    ]


def _row_of_desk(facts: RefundFacts, payment: Payment, part: Money, now: datetime) -> Refund:
    audit.record(None, "refunded payment", payment, there=facts.provider_id, amount_minor=part.amount_minor)
    return Refund(
        payment=payment,
        amount_minor=part.amount_minor,
        currency=part.currency,
        provider_id=facts.provider_id,
        created_at=now,
        asked_at=now,
    )


def _give_back(row: Refund, facts: RefundFacts, now: datetime) -> None:
    payment = row.payment
    payment.refunded_minor += row.amount_minor
    payment.save(update_fields=["refunded_minor"])
    creator, tax = creators_surplus(payment), tax_surplus(payment)
    moved = came_in(-row.amount, facts.settled)
    lines = [*moved, (TAX, -tax), (INCOME, tax + creator - row.amount)]
    taken = ware_of(payment).back(payment, creator)
    post(
        key=row.key,
        kind=f"refund-{payment.kind}",
        lines=[*lines, *taken],
        source=payment.key,
        creator=payment.creator,
        now=now,
    )
    row.state, row.settled_at = State.DONE, now
    ware_of(payment).on_refunded(payment, now)


def _come_back(row: Refund, facts: RefundFacts, now: datetime) -> None:
    """The card's bank didn't take it: it is whose it was before."""
    payment = row.payment
    payment.refunded_minor -= row.amount_minor
    payment.save(update_fields=["refunded_minor"])
    creator, tax = -creators_surplus(payment), -tax_surplus(payment)
    moved = came_in(row.amount, facts.returned)
    lines = [*moved, (TAX, tax), (INCOME, row.amount - tax - creator)]
    post(
        key=f"{row.key}-failed",
        kind=f"reverse-refund-{payment.kind}",
        lines=[*lines, *ware_of(payment).owed(payment, creator)],
        source=payment.key,
        creator=payment.creator,
        now=now,
    )
    row.state, row.settled_at = State.FAILED, now
    audit.record(None, "refund failed", payment, refund=str(row.pk), amount_minor=row.amount_minor)
    amount = {"amount_minor": row.amount_minor, "currency": row.currency}
    url = f"/studio/{payment.channel.name}/earnings"
    if ware_of(payment).is_earned(payment):
        notify(user=payment.creator, kind="refund_failed", now=now, url=url, amount=amount)
    url = reverse("payment", args=[payment.pk])
    notify(user=payment.payer, kind="refund_didnt_arrive", now=now, url=url, amount=amount)
    ware_of(payment).on_returned(payment, now)
