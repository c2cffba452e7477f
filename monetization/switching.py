"""Another tier of the same channel: a dearer one at once, for what is left of the month; any other with the next month.

What is left is counted in seconds, and the difference rounded half to even. Where the difference is less than a card
can be charged, or in another currency, the tier changes with the next month as well.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from django.db import transaction

from accounts import audit, limits
from monetization.contracts import A_MINUTE, State, is_disputed, locked, locked_with_people, month_after, waits
from monetization.errors import NotForSale, NotInForce
from monetization.models import Card, Contract, Payment, Subscription, Tier, TierSwitch
from monetization.money import Money
from monetization.paying import open_payment
from monetization.pricing import price_for
from monetization.receipts import post_receipt, post_refund
from monetization.refunding import owe_back
from monetization.settling import Ware, ask
from monetization.tiers import CHANGED
from realtime import outbox

AT_A_TIME = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier that a subscription could change to. `now` is what that costs at once; without it, it begins later."""

    tier: Tier
    price: Money
    now: Money | None


class Hindrance(StrEnum):
    """Why nothing can be changed just now."""

    ENDED = "ended"
    CANCELLED = "cancelled"
    OVERDUE = "overdue"
    DISPUTED = "disputed"
    WAITS = "waits"
    PAID_AHEAD = "paid_ahead"
    NOT_BEGUN = "not_begun"
    NO_OTHER = "no_other"


def offers(contract: Contract, now: datetime) -> list[Offer]:
    """The other tiers that are on sale; none where something hinders."""
    if _hindrance(contract, now):
        return []
    tiers = Tier.objects.on_sale().filter(channel=contract.channel).exclude(pk=contract.tier_id)
    return [_offer(contract, tier, now) for tier in tiers.prefetch_related("prices")]


def why_none(contract: Contract, now: datetime) -> Hindrance:
    """Why there are no offers."""
    return _hindrance(contract, now) or Hindrance.NO_OTHER


def switch(*, contract: Contract, tier: Tier, card: Card | None, now: datetime) -> Payment | None:
    """Change to another tier: the payment of the difference, or None where it begins with the next month.

    To the tier that it has: stay with it after all. Raises NotForSale, NotInForce.
    """
    limits.count("subscribes", contract.user_id, at_most=A_MINUTE, within_s=60)
    payment = _decide(contract, tier, card, now)
    return payment and ask(payment, now)


@transaction.atomic
def _decide(contract: Contract, tier: Tier, card: Card | None, now: datetime) -> Payment | None:
    contract = locked_with_people(contract)
    if _hindrance(contract, now):
        raise NotInForce
    if tier.pk == contract.tier_id:
        contract.next_tier = contract.switches_at = None
        contract.save(update_fields=["next_tier", "switches_at"])
        return None
    if tier.channel_id != contract.channel_id or not tier.is_on_sale:
        raise NotForSale
    offer = _offer(contract, tier, now)
    if offer.now is not None:
        return _open(contract, offer, offer.now, card, now)
    contract.next_tier, contract.switches_at = tier, contract.paid_until
    contract.save(update_fields=["next_tier", "switches_at"])
    return None


def _open(contract: Contract, offer: Offer, amount: Money, card: Card | None, now: datetime) -> Payment:
    if card is None or card.user_id != contract.user_id:
        raise NotForSale
    kind = Payment.Kind.SUBSCRIPTION
    payment = open_payment(kind=kind, payer=contract.user, channel=contract.channel, amount=amount, card=card, now=now)
    TierSwitch.objects.create(
        contract=contract,
        payment=payment,
        tier_before=contract.tier,
        tier_after=offer.tier,
        reckoning=[_as_json(month) for month in _months_left(contract, offer.tier, now)],
    )
    return payment


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a month that is paid, in seconds, and what it costs before and after."""

    left_s: int
    whole_s: int
    before_minor: int
    after_minor: int

    @property
    def difference(self) -> Fraction:
        return Fraction((self.after_minor - self.before_minor) * self.left_s, self.whole_s)


def _as_json(month: Left) -> dict[str, int]:
    return {
        "left_s": month.left_s,
        "whole_s": month.whole_s,
        "before_minor": month.before_minor,
        "after_minor": month.after_minor,
    }


def _offer(contract: Contract, tier: Tier, now: datetime) -> Offer:
    price = price_for(tier, contract.country, now)
    months = _months_left(contract, tier, now)
    same = price.currency == price_for(contract.tier, contract.country, now).currency
    minor = round(sum((month.difference for month in months), Fraction(0)))
    minor -= minor % price.about.step_minor
    is_now = same and minor >= price.about.minimum_minor
    return Offer(tier, price, Money(minor, price.currency) if is_now else None)


def _months_left(contract: Contract, tier: Tier, now: datetime) -> list[Left]:
    """The months that are there and not over: the present one, one charged early, and those that were given."""
    found = []
    for number in range(contract.months, 0, -1):
        starts, ends = (month_after(contract.opened_at, number - 1), month_after(contract.opened_at, number))
        if ends <= now:
            break
        before, after = (_price_of_month(one, contract.country, starts) for one in (contract.tier_at(starts), tier))
        left_s = int((ends - max(now, starts)).total_seconds())
        found.append(Left(left_s, int((ends - starts).total_seconds()), before, after))
    return found


def _price_of_month(tier: Tier, country: str, starts: datetime) -> int:
    """What a tier costs for a month that begins then; one that wasn't there yet what it cost at first."""
    return price_for(tier, country, max(starts, tier.opened_at)).amount_minor


def _hindrance(contract: Contract, now: datetime) -> Hindrance | None:
    """What keeps it from changing: no month of it runs or what was given runs before the first, somebody waits for the
    gateway or a bank, or it is decided.

    Once the first month of the next tier is paid, ahead of its time, there is no staying with the present one.
    """
    until = contract.paid_until
    if not contract.is_in_force:
        return Hindrance.ENDED
    if is_disputed(contract):
        return Hindrance.DISPUTED
    if contract.is_cancelled:
        return Hindrance.CANCELLED
    if contract.state != State.RUNNING or until is None or until <= now:
        return Hindrance.OVERDUE
    if waits(contract):
        return Hindrance.WAITS
    return _too_early(contract, until, now)


def _too_early(contract: Contract, until: datetime, now: datetime) -> Hindrance | None:
    if contract.opened_at > now:
        return Hindrance.NOT_BEGUN
    is_decided = contract.switches_at is not None and contract.switches_at < until
    return Hindrance.PAID_AHEAD if is_decided else None


@transaction.atomic
def switch_due(now: datetime) -> None:
    """Begin the tiers whose month has begun and is paid."""
    rows = Contract.objects.due_to_switch(now).select_for_update(of=("self",), skip_locked=True)
    for contract in rows.select_related("next_tier")[:AT_A_TIME]:
        assert contract.next_tier is not None
        _begin(contract, contract.next_tier)


def _begin(contract: Contract, tier: Tier) -> None:
    contract.tier, contract.next_tier, contract.switches_at = tier, None, None
    contract.save(update_fields=["tier", "next_tier", "switches_at"])
    Subscription.objects.filter(contract=contract).update(tier=tier)
    audit.record(None, "switched tier", contract, tier=tier.pk)
    outbox.emit(CHANGED, {"tier": tier.pk, "channel": contract.channel_id})


def _on_paid(payment: Payment, now: datetime) -> None:
    contract = locked(payment.tier_switch.contract)
    if not contract.is_in_force:
        owe_back(payment, "the subscription had ended", now)
        return
    _begin(contract, payment.tier_switch.tier_after)
    post_receipt(payment)


def _on_failed(payment: Payment, now: datetime) -> None:
    """Its payer is on the page that says so, and has the tier that they had."""


def _on_refunded(payment: Payment, now: datetime) -> None:
    post_refund(payment)


SWITCH = Ware(_on_paid, _on_failed, _on_refunded)
