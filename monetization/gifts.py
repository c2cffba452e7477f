"""Gifts: months of a tier for others, paid by one charge.

Who gets one is decided, and written down, before the card is charged, and it is charged for no more than those. Once
it is paid each month begins after what its recipient has of the tier already; what can't be given by then goes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts import audit, limits
from accounts.models import Channel, User
from accounts.notifications import notify
from monetization import subscriptions
from monetization.availability import check_offered
from monetization.contracts import add_month, drop_month, is_disputed, locked, may_subscribe, month_after
from monetization.currencies import MOST_MINOR
from monetization.errors import NobodyThere, NotForSale, NotInForce, TooMuch
from monetization.giving import check_givable, draw, drawable, givable
from monetization.locking import lock_people, lock_people_of
from monetization.models import Card, Contract, Gift, GivenMonth, Payment, Tier
from monetization.money import Money
from monetization.paying import open_payment
from monetization.pricing import price_for
from monetization.receipts import post_receipt, post_refund
from monetization.refunding import left_to_give_back, owe_back
from monetization.settling import Ware, ask
from monetization.stacking import move_up, place_beside
from monetization.whereabouts import creator_country
from realtime import outbox

GIFTED = "monetization.gifted"
A_MINUTE = 10
# Who declines later keeps nobody's money from the streamer.
DECLINED_WITHIN = timedelta(days=3)

State = GivenMonth.State


@dataclass(frozen=True, slots=True)
class Wish:
    """A month of a tier for one person, or without one for so many of those who are there."""

    tier: Tier
    person: User | None = None
    count: int = 1
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """What a wish would cost now."""

    price: Money
    count: int

    @property
    def amount(self) -> Money:
        return Money(self.price.amount_minor * self.count, self.price.currency)


def quote(*, giver: User, wish: Wish, country: str, now: datetime) -> Quote:
    """For how many it could be charged, and how much each. Raises NotForSale, NotOfferedThere, NotGivable,
    NobodyThere and TooMuch."""
    _check(giver, wish, country, now)
    count = 1 if wish.person else min(wish.count, len(drawable(wish.tier, giver, now)))
    return _quoted(wish, count, country, now)


def _check(giver: User, wish: Wish, country: str, now: datetime) -> None:
    tier, channel = wish.tier, wish.tier.channel
    is_count = 1 <= wish.count <= settings.ENV.gifts_at_once
    if not is_count or not tier.is_on_sale or channel.is_suspended or not may_subscribe(giver, channel):
        raise NotForSale
    check_offered("subscription", country, creator_country(channel.owner, now))
    if wish.person is not None:
        check_givable(tier, giver, wish.person, now)


def _quoted(wish: Wish, count: int, country: str, now: datetime) -> Quote:
    found = Quote(price_for(wish.tier, country, now), count)
    if not count:
        raise NobodyThere
    if found.amount.amount_minor > MOST_MINOR:
        raise TooMuch(maximum=Money(MOST_MINOR, found.price.currency))
    return found


def give(*, giver: User, wish: Wish, card: Card, country: str, now: datetime) -> Payment:
    """Charge a gift to a saved card, once, for as many as can be given it now. Raises as `quote` does, and TooMany."""
    limits.count("gifts", giver.pk, at_most=A_MINUTE, within_s=60)
    return ask(_open(giver, wish, card, country, now), now)


@transaction.atomic
def _open(giver: User, wish: Wish, card: Card, country: str, now: datetime) -> Payment:
    lock_people(giver.pk, wish.tier.channel.owner_id)
    # Two who draw at once draw one after the other.
    Channel.objects.select_for_update().get(pk=wish.tier.channel_id)
    _check(giver, wish, country, now)
    if card.user_id != giver.pk:
        raise NotForSale
    people = [wish.person.pk] if wish.person else draw(wish.tier, giver, wish.count, now)
    quoted = _quoted(wish, len(people), country, now)
    kind, channel = Payment.Kind.SUBSCRIPTION, wish.tier.channel
    payment = open_payment(kind=kind, payer=giver, channel=channel, amount=quoted.amount, card=card, now=now)
    gift = Gift.objects.create(
        payment=payment,
        tier=wish.tier,
        is_drawn=wish.person is None,
        is_anonymous=wish.is_anonymous,
        price_minor=quoted.price.amount_minor,
    )
    GivenMonth.objects.bulk_create(GivenMonth(gift=gift, recipient_id=person) for person in people)
    return payment


@transaction.atomic
def decline(*, month: GivenMonth, now: datetime) -> GivenMonth:
    """Not want what one was given. It ends; its price goes back if that comes early. Raises NotInForce."""
    lock_people_of(Payment.objects.filter(pk=month.gift.payment_id))
    payment = Payment.objects.select_for_update().get(pk=month.gift.payment_id)
    month = _months_of(payment).get(pk=month.pk)
    if not month.is_theirs_at(now):
        raise NotInForce
    _take_back(month, State.DECLINED, now)
    price = month.gift.price
    is_early = month.given_at is not None and now <= month.given_at + DECLINED_WITHIN
    if is_early and left_to_give_back(payment).amount_minor >= price.amount_minor:
        owe_back(payment, "declined", now, price)
    return month


def _on_paid(payment: Payment, now: datetime) -> None:
    months = list(_months_of(payment).filter(state=State.RESERVED))
    _give(payment, months, now)
    _tell(payment, [month for month in months if month.state == State.GIVEN], now)
    ungiven = [month for month in months if month.state != State.GIVEN]
    if ungiven:
        amount = Money(payment.gift.price_minor * len(ungiven), payment.currency)
        owe_back(payment, "couldn't be given any more", now, amount)
    post_receipt(payment)


def _give(payment: Payment, months: list[GivenMonth], now: datetime) -> None:
    """To those who still can be given it. Contracts are locked in one order, before the channel."""
    channel = payment.channel
    people = [month.recipient_id for month in months]
    may = not channel.is_suspended and channel.owner is not None
    good = set(givable(channel, payment.payer, people).values_list("pk", flat=True)) if may else set()
    rows = Contract.objects.in_force().filter(channel=channel, user__in=good).order_by("pk")
    contracts = {row.user_id: row for row in rows.select_for_update(of=("self",)).select_related("tier", "next_tier")}
    for month in months:
        if month.recipient_id in good:
            _give_one(month, contracts.get(month.recipient_id), now)
        else:
            month.state = State.UNGIVEN
        month.save()


def _give_one(month: GivenMonth, contract: Contract | None, now: datetime) -> None:
    tier = month.gift.tier
    if contract is not None and _goes_into(contract, tier, now):
        starts_at, ends_at = add_month(contract)
        month.contract = contract
    else:
        starts_at, ends_at = place_beside(contract, month.recipient, tier, now)
    month.subscription = subscriptions.grant(
        user=month.recipient, channel=tier.channel, tier=tier, starts_at=starts_at, ends_at=ends_at, is_told=False
    )
    month.state, month.given_at = State.GIVEN, now


def _goes_into(contract: Contract, tier: Tier, now: datetime) -> bool:
    """Whether a contract's next month is of that tier, and isn't over before it is given.

    That of a disputed one nobody may charge: a month there may be long past, or begin when it is decided.
    """
    is_same = contract.tier_at(contract.paid_until or now) == tier
    return is_same and not is_disputed(contract) and month_after(contract.opened_at, contract.months + 1) > now


def _tell(payment: Payment, months: list[GivenMonth], now: datetime) -> None:
    """The chat once, and each of those who have something of it."""
    if not months:
        return
    users = [month.recipient_id for month in months]
    outbox.emit(GIFTED, {"gift": payment.gift.pk, "channel": payment.channel_id, "users": users})
    giver = payment.gift.shown_giver
    facts = {"channel": payment.channel.name, "tier": payment.gift.tier.name}
    named = {"by": giver.shown_name} if giver else {}
    kind = "gift" if giver else "gift_unnamed"
    for month in months:
        key = f"gift:{month.pk}"
        notify(user=month.recipient, kind=kind, now=now, url="/settings/subscriptions", key=key, **facts, **named)


def _take_back(month: GivenMonth, state: GivenMonth.State, now: datetime) -> None:
    """It ends, and those behind it move up. One that somebody's own next month waits for, begun or not, is charged to
    them after all."""
    row = month.subscription
    month.state = state
    month.save(update_fields=["state"])
    if row is None:
        return
    is_over = row.ends_at is not None and row.ends_at <= now
    subscriptions.end(subscription=row, now=now)
    if is_over:
        return
    if month.contract is not None:
        drop_month(locked(month.contract), row.starts_at, now)
    move_up(month, now)


def _paid_for(payment: Payment) -> int:
    """How many months the money is there for. While a dispute is open nobody knows yet."""
    lost = sum(payment.disputes.lost().values_list("amount_minor", flat=True))
    return max(payment.amount_minor - payment.refunded_minor - lost, 0) // payment.gift.price_minor


def _on_failed(payment: Payment, now: datetime) -> None:
    """Its payer is on the page that says so; nobody else knew of it."""


def _on_refunded(payment: Payment, now: datetime) -> None:
    _on_lost(payment, now)
    post_refund(payment)


def _on_lost(payment: Payment, now: datetime) -> None:
    """What isn't paid any more ends, first what hasn't begun."""
    given = list(_months_of(payment).filter(state=State.GIVEN).order_by("-subscription__starts_at", "-pk"))
    for month in given[: max(len(given) - _paid_for(payment), 0)]:
        _take_back(month, State.TAKEN, now)


def _on_returned(payment: Payment, now: datetime) -> None:
    """What was taken back for money that didn't arrive is theirs again."""
    months = _months_of(payment)
    more = _paid_for(payment) - months.filter(state=State.GIVEN).count()
    again = list(months.filter(state=State.TAKEN).order_by("pk")[: max(more, 0)])
    for month in again:
        month.contract = None
    _give(payment, again, now)


def _months_of(payment: Payment) -> QuerySet[GivenMonth]:
    rows = GivenMonth.objects.select_for_update(of=("self",)).filter(gift__payment=payment)
    return rows.select_related("gift__payment", "gift__tier__channel", "recipient", "subscription", "contract")


def end_gifts_of(*, user: User, now: datetime) -> None:
    """What deleting an account does: months that were to come are nobody's, and who gave something has no name."""
    for month in GivenMonth.objects.given().filter(recipient=user, subscription__ends_at__gt=now):
        payment = Payment.objects.select_for_update().get(pk=month.gift.payment_id)
        _take_back(_months_of(payment).get(pk=month.pk), State.DECLINED, now)
        audit.record(None, "ended given month", month)


GIFT = Ware(_on_paid, _on_failed, _on_refunded, on_lost=_on_lost, on_returned=_on_returned)
