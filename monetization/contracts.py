"""Subscriptions that are paid for: the first month with the payer there, the others by the house's own clock.

A month that a card declines is tried again one, three, five and seven days after it was due (`renewals`); the
subscriber stays one meanwhile, is told each time, and may pay from another card. After that it ends.
"""

import calendar
import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts import audit, limits
from accounts.access import is_blocked
from accounts.models import Channel, User
from monetization import subscriptions
from monetization.availability import check_offered
from monetization.cards import card_used_first
from monetization.errors import AlreadySubscribed, InDispute, NoCard, NotForSale, NotInForce
from monetization.locking import lock_people
from monetization.models import Card, Contract, JointCharge, Payment, Period, Tier
from monetization.paying import open_payment
from monetization.pricing import price_for
from monetization.receipts import post_contract_letter, post_receipt, post_refund
from monetization.refunding import owe_back
from monetization.settling import Ware, ask
from monetization.whereabouts import creator_country

log = logging.getLogger(__name__)

State = Contract.State
TRIED_AFTER = tuple(timedelta(days=days) for days in (1, 3, 5, 7))
A_MINUTE = 10


def month_after(anchor: datetime, months: int) -> datetime:
    """So many months later, on the same day or the last that the month has."""
    month = anchor.month - 1 + months
    year, month = anchor.year + month // 12, month % 12 + 1
    return anchor.replace(year=year, month=month, day=min(anchor.day, calendar.monthrange(year, month)[1]))


def subscribe(*, user: User, tier: Tier, card: Card, country: str, now: datetime) -> Payment:
    """Charge the first month of a tier; it begins when that is paid. Raises NotForSale and AlreadySubscribed."""
    limits.count("subscribes", user.pk, at_most=A_MINUTE, within_s=60)
    return ask(_open(user, tier, card, country, now), now)


@transaction.atomic
def _open(user: User, tier: Tier, card: Card, country: str, now: datetime) -> Payment:
    channel = tier.channel
    # Two clicks arrive one after the other here.
    lock_people(user.pk, channel.owner_id)
    may = tier.is_on_sale and not channel.is_suspended and card.user_id == user.pk and may_subscribe(user, channel)
    if not may:
        raise NotForSale
    check_offered("subscription", country, creator_country(channel.owner, now))
    if contract_on(user, channel) is not None:
        raise AlreadySubscribed
    waiting = Period.objects.filter(contract__user=user, contract__channel=channel, number=1)
    if waiting.filter(payment__in=Payment.objects.unsettled()).exists():
        raise AlreadySubscribed
    contract = Contract.objects.create(user=user, channel=channel, tier=tier, country=country, opened_at=now)
    return open_month(contract, card, now, is_off_session=False)


def sells_tiers(channel: Channel) -> bool:
    return Tier.objects.on_sale().filter(channel=channel).exists()


def may_subscribe(user: User, channel: Channel) -> bool:
    return channel.owner is not None and channel.owner != user and not is_blocked(user, by=channel.owner)


def contract_on(user: User, channel: Channel) -> Contract | None:
    """What somebody pays for on a channel now."""
    return Contract.objects.in_force().select_related("tier").filter(user=user, channel=channel).first()


def open_month(
    contract: Contract, card: Card, now: datetime, *, is_off_session: bool, joint: JointCharge | None = None
) -> Payment:
    """The payment of the next month, at the price that holds when it begins."""
    starts_at = contract.paid_until or now
    payment = open_payment(
        kind=Payment.Kind.SUBSCRIPTION,
        payer=contract.user,
        channel=contract.channel,
        amount=price_for(contract.tier_at(starts_at), contract.country, starts_at),
        card=card,
        is_off_session=is_off_session,
        joint=joint,
        now=now,
    )
    Period.objects.create(contract=contract, payment=payment, number=contract.months_paid + 1, starts_at=starts_at)
    return payment


@transaction.atomic
def cancel(*, contract: Contract, now: datetime) -> Contract:
    """It ends with the month that is paid; one whose month is over ends at once. Harmless when it is cancelled."""
    contract = locked(contract)
    if not contract.is_in_force:
        raise NotInForce
    contract.is_cancelled = True
    if contract.state == State.OVERDUE and (contract.paid_until is None or contract.paid_until <= now):
        end(contract, now)
    else:
        contract.state, contract.tries, contract.next_try_at = State.RUNNING, 0, contract.paid_until
        let_run_until(contract, contract.paid_until)
    contract.save()
    return contract


@transaction.atomic
def resume(*, contract: Contract, now: datetime) -> Contract:
    """Go on after all, as long as a paid month runs. Raises NotInForce and InDispute."""
    contract = locked(contract)
    if contract.state != State.RUNNING or contract.paid_until is None or contract.paid_until <= now:
        raise NotInForce
    if is_disputed(contract):
        raise InDispute
    contract.is_cancelled = False
    let_run_until(contract, None)
    contract.save()
    return contract


def pay_now(*, contract: Contract, now: datetime) -> Payment:
    """Pay an overdue month oneself, from the card that is used first now. Raises NoCard, NotInForce and InDispute."""
    limits.count("subscribes", contract.user_id, at_most=A_MINUTE, within_s=60)
    card = card_used_first(contract.user)
    if card is None:
        raise NoCard
    with transaction.atomic():
        contract = locked_with_people(contract)
        if contract.state != State.OVERDUE or waits(contract):
            raise NotInForce
        if is_disputed(contract):
            raise InDispute
        payment = open_month(contract, card, now, is_off_session=False)
    return ask(payment, now)


def waits(contract: Contract) -> bool:
    """Whether the gateway still owes an answer for this contract: a month of it, or another tier."""
    about = Q(period__contract=contract) | Q(tier_switch__contract=contract)
    return Payment.objects.unsettled().filter(about).exists()


def is_disputed(contract: Contract) -> bool:
    """Whether somebody's bank still looks into a payment of it: nothing is charged meanwhile."""
    return not Contract.objects.undisputed().filter(pk=contract.pk).exists()


def locked(contract: Contract) -> Contract:
    rows = Contract.objects.select_for_update(of=("self",)).select_related("user", "channel__owner", "tier")
    return rows.get(pk=contract.pk)


def locked_with_people(contract: Contract) -> Contract:
    """For whoever is about to charge something for it."""
    lock_people(contract.user_id, contract.channel.owner_id)
    return locked(contract)


def _on_paid(payment: Payment, now: datetime) -> None:
    """A month more, counted from the first day, so that a day that some months lack comes back."""
    contract = locked(payment.period.contract)
    if not _may_go_on(contract):
        owe_back(payment, "the subscription had ended", now)
        return
    if not contract.is_in_force:
        # It may turn out to be paid when there is another already: a month that was paid is a month.
        other = contract_on(contract.user, contract.channel)
        contract = locked(other) if other else contract
    if contract.state == State.ENDED or contract.months_paid == 0:
        _begin(contract, now)
    contract.months_paid += 1
    contract.paid_until = month_after(contract.opened_at, contract.months)
    contract.state, contract.tries, contract.next_try_at = State.RUNNING, 0, contract.paid_until
    if contract.is_cancelled or is_disputed(contract):
        let_run_until(contract, contract.paid_until)
    contract.save()
    post_receipt(payment)


def _may_go_on(contract: Contract) -> bool:
    """Whether a month may be added: not for somebody who left meanwhile, nor for a channel that is gone."""
    is_there = contract.user.is_active and not contract.channel.is_suspended
    return contract.is_in_force or (is_there and may_subscribe(contract.user, contract.channel))


def _begin(contract: Contract, now: datetime) -> None:
    """Months count from the moment at which the first is paid, or at which those end that are there without paying."""
    there = subscriptions.there_until(contract.user, contract.tier, now)
    contract.opened_at, contract.months_paid, contract.months_given = max(now, there or now), 0, 0
    contract.subscription = subscriptions.grant(
        user=contract.user, channel=contract.channel, tier=contract.tier, starts_at=now
    )


def _on_failed(payment: Payment, now: datetime) -> None:
    contract = locked(payment.period.contract)
    if contract.state == State.OPENING:
        contract.state = State.ENDED
    elif contract.is_in_force and payment.is_off_session and not _is_paid_otherwise(payment.period, contract):
        decline(contract, now, due_at=_due_at(payment))
    contract.save()


def _is_paid_otherwise(period: Period, contract: Contract) -> bool:
    """Whether somebody gave the month while it was being charged."""
    return contract.paid_until is not None and contract.paid_until > period.starts_at


def _due_at(payment: Payment) -> datetime:
    """When it was due; of months that were charged jointly, the first. One that a gift had put off is due as late as it
    was asked for."""
    months = Period.objects.filter(payment__joint=payment.joint_id) if payment.joint_id else Period.objects.none()
    return max(payment.created_at, min([payment.period.starts_at, *months.values_list("starts_at", flat=True)]))


def decline(contract: Contract, now: datetime, *, due_at: datetime) -> None:
    """The next try, or the end; the subscriber is told either way."""
    if contract.tries >= len(TRIED_AFTER):
        end(contract, now)
        post_contract_letter(contract, "mail/subscription_ended")
        return
    if contract.tries and contract.next_try_at is not None:
        due_at = contract.next_try_at - TRIED_AFTER[contract.tries - 1]
    contract.state, contract.next_try_at = State.OVERDUE, due_at + TRIED_AFTER[contract.tries]
    contract.tries += 1
    post_contract_letter(contract, "mail/subscription_overdue")


def end(contract: Contract, now: datetime) -> None:
    contract.state, contract.next_try_at = State.ENDED, None
    if contract.subscription is not None:
        subscriptions.end(subscription=contract.subscription, now=now)


def let_run_until(contract: Contract, until: datetime | None) -> None:
    """How long the gate is open that somebody pays for; None: until further notice."""
    row = contract.subscription
    if row is not None:
        row.ends_at = until
        row.save(update_fields=["ends_at"])


def _on_refunded(payment: Payment, now: datetime) -> None:
    post_refund(payment)


def add_month(contract: Contract) -> tuple[datetime, datetime]:
    """Somebody else gives a month: it begins with what is paid until now, and ends when the next is charged.

    One that is overdue is overdue no more.
    """
    starts_at = contract.paid_until or contract.opened_at
    contract.months_given += 1
    contract.state, contract.tries = State.RUNNING, 0
    _count_anew(contract)
    return starts_at, contract.paid_until or starts_at


def month_starts(contract: Contract) -> list[datetime]:
    """When its months begin that are there, and the next one."""
    return [month_after(contract.opened_at, number) for number in range(contract.months + 1)]


def drop_month(contract: Contract, starts_at: datetime, now: datetime) -> None:
    """A month that was given, and isn't over, is no more: what it put off is due then, or now, and another tier begins
    a month earlier. Harmless for one that has ended, or whose months were counted anew since."""
    starts = month_starts(contract)
    if not contract.is_in_force or not contract.months_given or starts_at not in starts[:-1]:
        return
    contract.months_given -= 1
    switches_at = contract.switches_at
    if switches_at in starts and switches_at is not None and switches_at > starts_at:
        contract.switches_at = starts[starts.index(switches_at) - 1]
    _count_anew(contract)
    if contract.next_try_at is not None and contract.next_try_at < now:
        # Tries are counted from here, not from a day on which nobody knew that it was due.
        contract.next_try_at = now
        contract.save(update_fields=["next_try_at"])


def _count_anew(contract: Contract) -> None:
    contract.paid_until = contract.next_try_at = month_after(contract.opened_at, contract.months)
    if contract.is_cancelled or is_disputed(contract):
        let_run_until(contract, contract.paid_until)
    contract.save()


@transaction.atomic
def end_contracts_of(*, user: User, now: datetime) -> None:
    """What deleting an account does: nobody who left is charged, and nobody for a channel that is gone."""
    for contract in Contract.objects.in_force().filter(Q(user=user) | Q(channel__owner=user)):
        row = locked(contract)
        end(row, now)
        row.save()
        audit.record(None, "ended paid subscription", row)


MONTH = Ware(_on_paid, _on_failed, _on_refunded)
