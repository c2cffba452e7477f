"""From an attempt to the ledger: whoever hears the outcome first settles it, and all others find it settled.

The row is committed, then the gateway is asked by the row's key, then the answer is settled in a transaction of its
own. An answer that got lost comes again: by a webhook, by the gateway's list of events, or because a sweep asks once
more by the same key.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from monetization.creators import earned, taken_back
from monetization.errors import GatewayAway, GatewayDisagrees
from monetization.gateway import Charge, Order, open_gateway
from monetization.gathering import share_out
from monetization.ledger import Lines, post
from monetization.locking import lock_people_of
from monetization.models import JointCharge, Payment
from monetization.models.attempts import Attempt, AttemptQuerySet, Purchase
from monetization.money import Money
from monetization.receipts import post_joint_receipt
from monetization.splits import split_of

log = logging.getLogger(__name__)

State = Payment.State
# The gateway may forget a key after a day; then its list of payments is searched instead.
KEY_KEPT = timedelta(hours=23)
# A clock of theirs may be behind ours.
CLOCKS_DIFFER = timedelta(minutes=5)
# Each is given a row of what its kind's ware has as `rows`.
Act = Callable[[Any, datetime], None]
Enter = Callable[[Any, Charge, datetime], None]
Share = Callable[[Payment, Money], Lines]
Bought = TypeVar("Bought", bound=Purchase)


def _owed(payment: Payment, amount: Money) -> Lines:
    return earned(payment.creator, amount)


def _back(payment: Payment, amount: Money) -> Lines:
    return taken_back(payment.creator, amount)


def _nothing(row: Purchase, now: datetime) -> None:
    pass


def _split(payment: Payment, charge: Charge, now: datetime) -> None:
    """Into the ledger, split as it was to be when it was asked for."""
    split = split_of(
        kind=payment.kind,
        channel=payment.channel,
        amount=payment.amount,
        card_fee=charge.fee,
        at=payment.created_at,
        payer_country=payment.payer_country,
    )
    parts = {"creator_minor": split.creator.amount_minor, "tax_minor": split.tax.amount_minor}
    post(
        key=payment.key,
        kind=payment.kind,
        lines=split.lines(ware_of(payment).owed(payment, split.creator), charge.settled),
        source=payment.key,
        rule=split.rule | parts,
        creator=payment.creator,
        now=now,
    )


@dataclass(frozen=True)
class Ware:
    """What must follow for a kind of purchase, within the transaction that settles it, and only once.

    `on_lost` is for what a dispute took away for good, `on_returned` for a refund that a card didn't take in the end;
    `on_disputed` is for a dispute that is opened, `on_won` for one that ended well.
    `owed` says where the creator's part goes, `back` where it is taken from again, and `is_earned` whether it is theirs
    to keep as things stand.
    What isn't bought of a channel has `rows` of its own, and says how one is entered into the
    ledger; refunds and disputes of it are its own too.
    """

    on_paid: Act
    on_failed: Act = _nothing
    on_refunded: Act = _nothing
    owed: Share = _owed
    back: Share = _back
    on_lost: Act = _nothing
    on_returned: Act = _nothing
    on_disputed: Act = _nothing
    on_won: Act = _nothing
    is_earned: Callable[[Payment], bool] = lambda payment: True
    rows: type[Purchase] = Payment
    enter: Enter = _split


_wares: dict[str, Ware] = {}


def register(kind: str, ware: Ware) -> None:
    _wares[kind] = ware


def ware_of(row: Purchase) -> Ware:
    return _wares[row.sold_as]


def rows_of_wares() -> list[type[Purchase]]:
    """All that purchases are rows of, payments first."""
    return list(dict.fromkeys([Payment, *(ware.rows for ware in _wares.values())]))


def ask(row: Bought, now: datetime) -> Bought:
    """Have the gateway take a purchase whose row is committed. While it doesn't answer the row stays as it was."""
    if isinstance(row, Payment) and row.joint is not None:
        ask_for(row.joint, now)
        row.refresh_from_db()
        return row
    found = ask_for(row, now)
    return found if isinstance(found, type(row)) else row


def ask_for(row: Attempt, now: datetime) -> Purchase | None:
    """The same for one purchase, or for several at once: then there is no one that it answers."""
    try:
        charge = _charge_again(row, now)
    except GatewayAway as error:
        log.warning("%s waits: %s", row.key, error.facts)
        return None
    return settle(charge, now)


def _charge_again(payment: Attempt, now: datetime) -> Charge:
    gateway = open_gateway()
    if payment.provider_id:
        return gateway.find_charge(payment.provider_id)
    if now - payment.created_at > KEY_KEPT:
        since, who = payment.created_at - CLOCKS_DIFFER, payment.customer_id_there
        found = gateway.find_charge_of(payment=str(payment.pk), customer=who, since=since)
        return found or Charge("", str(payment.pk), "failed", decline_code="never_asked")
    order = Order(
        key=payment.key,
        payment=str(payment.pk),
        amount=payment.amount,
        customer=payment.customer_id_there,
        card=payment.card_id_there,
        is_off_session=payment.has_no_payer_there,
    )
    return gateway.charge(order)


@transaction.atomic
def settle(charge: Charge, now: datetime) -> Purchase | None:
    """Take note of how a purchase stands; None when it isn't one of ours, or is several. Harmless when it is settled.

    States go forward alone: what is paid stays paid, and what failed may still turn out to be paid. Raises
    GatewayDisagrees when the gateway tells of another amount or another payment.
    """
    row = _locked(charge.payment)
    if row is None:
        _settle_jointly(charge, now)
        return None
    _check_same(row, charge)
    if not row.is_paid:
        _take_note(row, charge, now)
    return row


def _settle_jointly(charge: Charge, now: datetime) -> None:
    """Each payment of a joint charge, with its part of the card's fee; one receipt for all."""
    number = _number(charge.payment)
    lock_people_of(Payment.objects.filter(joint=number))
    joint = JointCharge.objects.select_for_update().filter(pk=number).first()
    if joint is None:
        return
    _check_same(joint, charge)
    if joint.state == State.PAID:
        return
    joint.provider_id, joint.asked_at = joint.provider_id or charge.provider_id, now
    if charge.state != "pending":
        joint.state = State(charge.state)
    joint.save()
    payments = list(_payments().filter(joint=joint).order_by("creator", "pk"))
    prices = [payment.amount for payment in payments]
    fees = share_out(charge.fee, prices) if charge.fee else [None] * len(prices)
    settled = share_out(charge.settled, prices) if charge.settled else [None] * len(prices)
    for payment, fee, part in zip(payments, fees, settled, strict=True):
        share = replace(charge, provider_id="", amount=payment.amount, fee=fee, settled=part)
        _take_note(payment, share, now)
    if joint.state == State.PAID:
        post_joint_receipt(joint, payments)


def _take_note(row: Purchase, charge: Charge, now: datetime) -> None:
    row.provider_id = row.provider_id or charge.provider_id
    row.asked_at = now
    ware = ware_of(row)
    if charge.state == "paid":
        ware.enter(row, charge, now)
        row.state, row.settled_at, row.decline_code = State.PAID, now, ""
        ware.on_paid(row, now)
    elif charge.state == "failed" and row.state != State.FAILED:
        row.state, row.settled_at, row.decline_code = State.FAILED, now, charge.decline_code[:64]
        ware.on_failed(row, now)
    elif charge.state == "action" and row.state == State.ASKED:
        row.state = State.ACTION
    row.save()


def _locked(payment_id: str) -> Purchase | None:
    """Numbers are unique among all that is bought."""
    number = _number(payment_id)
    lock_people_of(Payment.objects.filter(pk=number))
    found: Purchase | None = _payments().filter(pk=number).first()
    for rows in rows_of_wares():
        if found is None and rows is not Payment:
            found = AttemptQuerySet(rows).select_for_update().filter(pk=number).first()
    return found


def _payments() -> QuerySet[Payment]:
    """Rows that are locked as they are read."""
    rows = Payment.objects.select_for_update(of=("self",))
    return rows.select_related("channel__owner", "creator", "payer", "period__contract", "gift", "tier_switch")


def _number(payment_id: str) -> UUID:
    """What isn't a number becomes one that nothing has."""
    try:
        return UUID(payment_id)
    except ValueError:
        return UUID(int=0)


def _check_same(payment: Attempt, charge: Charge) -> None:
    is_another = bool(payment.provider_id and charge.provider_id and payment.provider_id != charge.provider_id)
    if is_another or (charge.amount is not None and charge.amount != payment.amount):
        log.error("payment %s: the gateway tells of %s, %s", payment.pk, charge.provider_id, charge.amount)
        raise GatewayDisagrees
