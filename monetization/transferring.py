"""Paying creators by transfer to their account with the gateway: taken from their balance, asked for by the row's key.

Whoever hears of the transfer first settles it: the answer, an event, a sweep that asks again. What the gateway refuses
is owed again at once. Should a transfer that was thought refused turn out to have been made, it counts as made.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.notifications import notify
from monetization.creators import earned, taken_back
from monetization.errors import GatewayAway, GatewayDisagrees, GatewayRefused, NothingToPay
from monetization.gateway import Reversal, TransferFacts, open_gateway
from monetization.going_on import going_on
from monetization.ledger import GATEWAY, in_transit, payable, post
from monetization.locking import lock_people
from monetization.models import ConnectedAccount, LedgerEntry, Payout
from monetization.money import Money
from monetization.payouts import PAYOUT, RETURNED
from monetization.settling import CLOCKS_DIFFER, KEY_KEPT

log = logging.getLogger(__name__)

State = Payout.State
# Longer than the gateway's client waits, with all its tries.
ANSWERS_WITHIN = timedelta(minutes=3)
AT_A_TIME = 100


@transaction.atomic
def open_transfer(*, creator: User, amount: Money, account: ConnectedAccount, by: User | None, now: datetime) -> Payout:
    """Take an amount from a creator's balance, on its way to their account, for the caller to commit and then to ask.

    Raises NotEnough, and NothingToPay.
    """
    if amount.amount_minor <= 0:
        raise NothingToPay
    payout = Payout.objects.create(
        creator=creator,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        destination=account.provider_id,
        made_at=now,
        asked_at=now,
    )
    lines = [(payable(creator), -amount), (in_transit(creator), amount)]
    post(key=payout.key, kind=PAYOUT, lines=lines, now=now, source=f"payout:{payout.pk}")
    audit.record(by, "made payout", payout, amount_minor=amount.amount_minor, currency=amount.currency)
    return payout


def ask_transfer(payout: Payout, now: datetime) -> Payout:
    """Have the gateway make a transfer whose row is committed. While it doesn't answer, it is on its way."""
    try:
        facts = _transfer_again(payout, now)
    except GatewayAway as error:
        log.warning("payout %s waits: %s", payout.pk, error.facts)
        return payout
    except GatewayRefused as refusal:
        log.error("payout %s is refused: %s", payout.pk, refusal.facts)
        return _owe_again(payout, str(refusal.facts["reason"]), now)
    return settle_transfer(facts, now) or payout if facts else _owe_again(payout, "never_asked", now)


def _transfer_again(payout: Payout, now: datetime) -> TransferFacts | None:
    """None when the key may be forgotten and there is no such transfer."""
    gateway, number = open_gateway(), str(payout.pk)
    if now - payout.made_at > KEY_KEPT:
        since = payout.made_at - CLOCKS_DIFFER
        return gateway.find_transfer_of(payout=number, destination=payout.destination, since=since)
    return gateway.transfer(key=_key_there(payout), payout=number, destination=payout.destination, amount=payout.amount)


def _key_there(payout: Payout) -> str:
    """Numbers of rows begin again where a database does."""
    return f"{payout.key}-{int(payout.made_at.timestamp())}"


@transaction.atomic
def settle_transfer(facts: TransferFacts, now: datetime) -> Payout | None:
    """Take note of a transfer and of what came back of it; None when it isn't one of ours. Harmless when it is known.

    Raises GatewayDisagrees when the gateway tells of another amount or another account.
    """
    if not facts.payout.isdecimal():
        return None
    found = Payout.objects.filter(pk=int(facts.payout), batch=None)
    lock_people(*found.values_list("creator", flat=True))
    payout = found.select_for_update(of=("self",)).select_related("creator").first()
    if payout is None:
        return None
    _check_same(payout, facts)
    if not payout.provider_id:
        _pay(payout, facts, now)
    for reversal in facts.reversals:
        _come_back(payout, reversal, now)
    payout.save()
    return payout


def _check_same(payout: Payout, facts: TransferFacts) -> None:
    is_another = bool(payout.provider_id and payout.provider_id != facts.provider_id)
    if is_another or (facts.destination, facts.amount) != (payout.destination, payout.amount):
        log.error("payout %s: the gateway tells of %s, %s", payout.pk, facts.provider_id, facts.amount)
        raise GatewayDisagrees


def _pay(payout: Payout, facts: TransferFacts, now: datetime) -> None:
    """It has left the house; from where, depends on whether it was thought to have failed."""
    is_owed_again = payout.state == State.RETURNED
    key, kind, origin = f"{payout.key}-paid", "payout-paid", [(in_transit(payout.creator), -payout.amount)]
    if is_owed_again:
        key, kind, origin = f"{payout.key}-after-all", PAYOUT, [*taken_back(payout.creator, payout.amount)]
    post(key=key, kind=kind, lines=[*origin, (GATEWAY, payout.amount)], now=now, source=f"payout:{payout.pk}")
    payout.provider_id, payout.state, payout.returned_minor = facts.provider_id, State.PAID, 0
    payout.reference, payout.settled_at = facts.provider_id, now
    audit.record(None, "payout paid", payout, reference=payout.reference)


def _come_back(payout: Payout, reversal: Reversal, now: datetime) -> None:
    """Somebody took it back at the gateway's desk: it is owed again."""
    key = f"reversal-{reversal.provider_id}"
    if LedgerEntry.objects.filter(key=key).exists():
        return
    lines = [(GATEWAY, -reversal.amount), *earned(payout.creator, reversal.amount)]
    post(key=key, kind=RETURNED, lines=lines, now=now, source=f"payout:{payout.pk}")
    payout.returned_minor += reversal.amount.amount_minor
    if payout.returned_minor == payout.amount_minor:
        payout.state = State.RETURNED
    audit.record(None, "payout returned", payout, amount_minor=reversal.amount.amount_minor)
    _tell(payout, reversal.amount, now)


@transaction.atomic
def _owe_again(payout: Payout, reason: str, now: datetime) -> Payout:
    """The gateway did nothing."""
    lock_people(payout.creator_id)
    payout = Payout.objects.select_for_update(of=("self",)).select_related("creator").get(pk=payout.pk)
    if payout.state != State.MADE:
        return payout
    lines = [(in_transit(payout.creator), -payout.amount), *earned(payout.creator, payout.amount)]
    post(key=f"{payout.key}-returned", kind=RETURNED, lines=lines, now=now, source=f"payout:{payout.pk}")
    payout.state, payout.reference, payout.settled_at = State.RETURNED, reason[:80], now
    payout.returned_minor = payout.amount_minor
    payout.save()
    audit.record(None, "payout returned", payout, reference=payout.reference)
    _tell(payout, payout.amount, now)
    return payout


def _tell(payout: Payout, amount: Money, now: datetime) -> None:
    told = {"amount_minor": amount.amount_minor, "currency": amount.currency}
    notify(user=payout.creator, kind="payout_returned", now=now, url="/studio/", amount=told)


def sweep_transfers(now: datetime) -> None:
    """Ask again about those of which nothing was heard. Raises GatewayAway."""
    for payout in Payout.objects.under_way().filter(asked_at__lt=now - ANSWERS_WITHIN).order_by("asked_at")[:AT_A_TIME]:
        mine = Payout.objects.under_way().filter(pk=payout.pk, asked_at=payout.asked_at).update(asked_at=now)
        if mine:
            with going_on(payout):
                ask_transfer(payout, now)
