"""Prepaying by card, and having back what wasn't used.

A top-up is asked for and settled as everything is that a card pays (monetization/settling.py).
The operator bears the card's fee; the tax in a top-up isn't there to be spent.
"""

import logging
from datetime import datetime

from django.db import transaction
from redis import RedisError

from accounts import audit, limits
from accounts.models import User
from ads import flushing, store
from ads.amounts import chargeable, worth
from ads.candidates import forget
from ads.errors import NotReady, NotVerified
from ads.models import Advertiser, BalanceRefund, Campaign, TopUp
from ads.spending import pool_of, unused
from monetization import settling
from monetization.errors import GatewayAway, GatewayRefused, NotEnough, NotForSale, OutOfBounds
from monetization.gateway import Charge, RefundFacts
from monetization.ledger import FEES, GATEWAY, TAX, came_in, post
from monetization.locking import lock_people
from monetization.models import Card, Customer
from monetization.money import Money
from monetization.refunding import refund_once
from monetization.settling import Ware, ask
from monetization.splits import tax_rate_at, tax_within
from monetization.sweeping import ANSWERS_WITHIN

log = logging.getLogger(__name__)

State = TopUp.State
BACK = f"refund-{TopUp.KIND}"
A_DAY = 20
# In half dollars.
LEAST, MOST = 20, 20_000


def bounds_of(currency: str) -> tuple[Money, Money]:
    """What one top-up is at least and at most, so that it is worth the card's fee, and no card is emptied by it."""
    return worth(LEAST, currency), chargeable(worth(MOST, currency))


def top_up(*, advertiser: Advertiser, amount: Money, card: Card, now: datetime) -> TopUp:
    """Charge a saved card, once. Raises NotVerified, NotForSale, OutOfBounds and TooMany."""
    limits.count("ad-top-ups", advertiser.pk, at_most=A_DAY, within_s=86400)
    return ask(_open(advertiser, amount, card, now), now)


@transaction.atomic
def _open(advertiser: Advertiser, amount: Money, card: Card, now: datetime) -> TopUp:
    if not lock_people(advertiser.owner_id) or advertiser.state != Advertiser.State.VERIFIED:
        raise NotVerified
    if card.user_id != advertiser.owner_id or amount.currency != advertiser.currency:
        raise NotForSale
    least, most = bounds_of(amount.currency)
    if not least.amount_minor <= amount.amount_minor <= most.amount_minor:
        raise OutOfBounds
    rate = tax_rate_at(kind="ads", country=card.country, at=now)
    return TopUp.objects.create(
        advertiser=advertiser,
        card=card,
        card_label=str(card),
        customer_id_there=Customer.objects.get(user=card.user).provider_id,
        card_id_there=card.provider_id,
        payer_country=card.country,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        tax_minor=tax_within(amount, rate.rate_bp if rate else 0).amount_minor,
        created_at=now,
        asked_at=now,
    )


def _enter(row: TopUp, charge: Charge, now: datetime) -> None:
    """Into the advertiser's pool, without the tax."""
    fee = charge.fee or Money(0, row.currency)
    post(
        key=row.key,
        kind=TopUp.KIND,
        lines=[
            *came_in(row.amount - fee, charge.settled),
            (FEES, -fee),
            (TAX, row.tax),
            (pool_of(row.advertiser), row.amount - row.tax),
        ],
        source=f"advertiser:{row.advertiser_id}",
        now=now,
    )


def _on_paid(row: TopUp, now: datetime) -> None:
    transaction.on_commit(forget)


def sell() -> None:
    settling.register(TopUp.KIND, Ware(_on_paid, rows=TopUp, enter=_enter))


def refund_unused(*, advertiser: Advertiser, by: User, now: datetime) -> list[BalanceRefund]:
    """Give back everything that wasn't spent, to the cards it came from, newest first.

    Nothing of it may be running meanwhile: raises NotReady while a campaign is, or somebody is still being shown one,
    NotEnough when there is nothing.
    """
    _check_nothing_runs(advertiser)
    _freeze(advertiser, now)
    rows = _decide_refunds(advertiser, by, now)
    return [ask_refund(row, now) for row in rows]


def _check_nothing_runs(advertiser: Advertiser) -> None:
    if advertiser.campaigns.filter(state=Campaign.State.APPROVED).exists():
        raise NotReady


def _freeze(advertiser: Advertiser, now: datetime) -> None:
    """Nothing more is billed, and all that was is known: only then is what is left really unused."""
    try:
        store.reap(now)
        if store.freeze(advertiser.pk) > 0:
            raise NotReady
        flushing.flush()
    except RedisError as error:
        raise NotReady from error


@transaction.atomic
def _decide_refunds(advertiser: Advertiser, by: User, now: datetime) -> list[BalanceRefund]:
    lock_people(advertiser.owner_id)
    advertiser = Advertiser.objects.select_for_update().get(pk=advertiser.pk)
    _check_nothing_runs(advertiser)
    left = unused(advertiser)
    made = []
    for top_up in advertiser.top_ups.select_for_update().filter(state=State.PAID).order_by("-created_at"):
        part = _part_of(top_up, left)
        if part is None:
            continue
        amount, tax = part
        left -= amount - tax
        made.append(_take_out(top_up, amount, tax, now))
    if not made:
        raise NotEnough
    audit.record(by, "refunded ad balance", advertiser, refunds=[str(row.pk) for row in made])
    return made


def _part_of(top_up: TopUp, left: Money) -> tuple[Money, Money] | None:
    """How much of a top-up goes back for what is left of the balance, and the tax in that."""
    whole = top_up.amount - top_up.tax
    if not left or not top_up.left or not whole:
        return None
    amount_minor = min(left.amount_minor * top_up.amount_minor // whole.amount_minor, top_up.left.amount_minor)
    tax_minor = amount_minor * top_up.tax_minor // top_up.amount_minor
    if amount_minor - tax_minor > left.amount_minor:
        amount_minor -= 1
    return (Money(amount_minor, left.currency), Money(tax_minor, left.currency)) if amount_minor > 0 else None


def _take_out(top_up: TopUp, amount: Money, tax: Money, now: datetime) -> BalanceRefund:
    """Out of the pool before the gateway is asked: nobody spends what is on its way back."""
    top_up.refunded_minor += amount.amount_minor
    top_up.save(update_fields=["refunded_minor"])
    row = BalanceRefund.objects.create(
        top_up=top_up, amount_minor=amount.amount_minor, tax_minor=tax.amount_minor, created_at=now, asked_at=now
    )
    lines = [(pool_of(top_up.advertiser), tax - amount), (TAX, -tax), (GATEWAY, amount)]
    post(key=row.key, kind=BACK, lines=lines, source=f"advertiser:{top_up.advertiser_id}", now=now)
    transaction.on_commit(forget)
    return row


def ask_refund(row: BalanceRefund, now: datetime) -> BalanceRefund:
    """Have the gateway give back what was decided. Without an answer a sweep asks again, by the same key."""
    there = row.top_up.provider_id
    try:
        facts = refund_once(row, there, now)
    except GatewayAway as error:
        log.warning("refund %s waits: %s", row.pk, error.facts)
        return row
    except GatewayRefused as refusal:
        log.error("refund %s is refused: %s", row.pk, refusal.facts)
        facts = RefundFacts("", str(row.pk), there, row.amount, "failed")
    return _settle_refund(row, facts, now) if facts else row


@transaction.atomic
def _settle_refund(row: BalanceRefund, facts: RefundFacts, now: datetime) -> BalanceRefund:
    rows = BalanceRefund.objects.select_for_update(of=("self",)).select_related("top_up__advertiser")
    row = rows.get(pk=row.pk)
    if row.state != BalanceRefund.State.ASKED:
        return row
    row.provider_id, row.asked_at = facts.provider_id, now
    if facts.state == "paid":
        row.state, row.settled_at = BalanceRefund.State.DONE, now
    elif facts.state == "failed":
        row.state, row.settled_at = BalanceRefund.State.FAILED, now
        _put_back(row, now)
    row.save()
    return row


def _put_back(row: BalanceRefund, now: datetime) -> None:
    """The card doesn't take it: it is in the pool again."""
    top_up = row.top_up
    top_up.refunded_minor -= row.amount_minor
    top_up.save(update_fields=["refunded_minor"])
    lines = [(pool_of(top_up.advertiser), row.amount - row.tax), (TAX, row.tax), (GATEWAY, -row.amount)]
    post(key=f"{row.key}-failed", kind=TopUp.KIND, lines=lines, source=f"advertiser:{top_up.advertiser_id}", now=now)


def sweep_refunds(now: datetime) -> None:
    """Ask again about refunds of which nothing was heard."""
    waiting = BalanceRefund.objects.filter(state=BalanceRefund.State.ASKED, asked_at__lt=now - ANSWERS_WITHIN)
    for refund in waiting.select_related("top_up")[:100]:
        ask_refund(refund, now)
