"""Tips: presents with a few words."""

import unicodedata
from datetime import datetime

from django.db import transaction

from accounts import audit, limits
from accounts.access import is_blocked
from accounts.blocked_words import find_blocked
from accounts.models import Channel, User
from monetization import goals, tip_overlays
from monetization.availability import check_offered, is_offered
from monetization.errors import NotForSale, OutOfBounds
from monetization.models import Card, Payment, Tip, TipSettings
from monetization.models.tips import MESSAGE_LENGTH
from monetization.money import Money
from monetization.paying import open_payment
from monetization.receipts import post_receipt, post_refund
from monetization.settling import Ware, ask, register
from monetization.whereabouts import creator_country
from realtime import outbox

TIP_PAID, TIP_SHOWN = "monetization.tip_paid", "monetization.tip_shown"
A_MINUTE = 10

Words = Tip.Words


def tips_of(channel: Channel) -> TipSettings:
    """What a channel takes as tips; it takes none until somebody says so."""
    return TipSettings.objects.filter(channel=channel).first() or TipSettings(channel=channel)


def takes_tips(channel: Channel, at: datetime) -> bool:
    """Whether a channel takes them, and tips are offered where its owner lives."""
    is_on = channel.owner is not None and tips_of(channel).is_on
    return is_on and is_offered("tip", creator_country(channel.owner, at))


def may_tip(giver: User, channel: Channel, at: datetime) -> bool:
    """Whether somebody could give a tip here, as far as that is known before there is a card."""
    return channel.owner != giver and takes_tips(channel, at) and not is_blocked(giver, by=channel.owner)


def give_tip(
    *,
    giver: User,
    channel: Channel,
    amount: Money,
    message: str,
    card: Card,
    now: datetime,
    is_anonymous: bool = False,
) -> Payment:
    """Charge a tip to a saved card, once; the payment that comes back says how it stands.

    Words that aren't wanted are held, and the money is the streamer's all the same. Raises NotForSale, OutOfBounds
    NotOfferedThere and TooMany.
    """
    limits.count("tips", giver.pk, at_most=A_MINUTE, within_s=60)
    return ask(_open(giver, channel, amount, message, card, now, is_anonymous=is_anonymous), now)


@transaction.atomic
def _open(
    giver: User,
    channel: Channel,
    amount: Money,
    message: str,
    card: Card,
    now: datetime,
    *,
    is_anonymous: bool = False,
) -> Payment:
    if channel.is_suspended or card.user_id != giver.pk or not may_tip(giver, channel, now):
        raise NotForSale
    check_offered("tip", card.country)
    taken = tips_of(channel)
    if amount.currency != taken.currency:
        raise NotForSale
    is_between = taken.least.amount_minor <= amount.amount_minor <= taken.most.amount_minor
    if not is_between or amount.amount_minor % amount.about.step_minor:
        raise OutOfBounds
    payment = open_payment(kind=Payment.Kind.TIP, payer=giver, channel=channel, amount=amount, card=card, now=now)
    words = _one_line(message)
    is_held = bool(words) and find_blocked(words, channel) is not None
    state = Words.HELD if is_held else Words.SHOWN
    Tip.objects.create(payment=payment, message=words, words=state, is_anonymous=is_anonymous)
    return payment


def _one_line(message: str) -> str:
    """Without what can't be seen, which could turn the line around."""
    seen = "".join(letter for letter in message if unicodedata.category(letter) not in ("Cc", "Cf") or letter.isspace())
    return " ".join(seen.split())[:MESSAGE_LENGTH]


@transaction.atomic
def show_words(*, tip: Tip, by: User) -> Tip:
    """Let everybody read what came with a tip. Harmless when they may already."""
    tip = _held(tip)
    if tip.words != Words.SHOWN:
        tip.words = Words.SHOWN
        tip.save(update_fields=["words"])
        audit.record(by, "showed words of tip", tip)
        outbox.emit(TIP_SHOWN, _facts(tip))
        tip_overlays.show_words_on_commit(tip)
    return tip


@transaction.atomic
def drop_words(*, tip: Tip, by: User) -> Tip:
    """Nobody is to read what came with a tip."""
    tip = _held(tip)
    if tip.words == Words.HELD:
        tip.words = Words.DROPPED
        tip.save(update_fields=["words"])
        audit.record(by, "dropped words of tip", tip)
    return tip


def _held(tip: Tip) -> Tip:
    rows = Tip.objects.select_for_update(of=("self",)).select_related("payment__channel__owner", "payment__payer")
    return rows.get(pk=tip.pk)


@transaction.atomic
def set_tips(*, channel: Channel, is_on: bool, least: Money, most: Money, by: User) -> TipSettings:
    """Whether a channel takes tips, and of how much. Raises OutOfBounds."""
    bounds_fit = least.currency == most.currency and least.amount_minor <= most.amount_minor
    if not bounds_fit or least.amount_minor < least.about.minimum_minor:
        raise OutOfBounds
    row, _ = TipSettings.objects.update_or_create(
        channel=channel,
        defaults={
            "is_on": is_on,
            "currency": least.currency,
            "least_minor": least.amount_minor,
            "most_minor": most.amount_minor,
        },
    )
    audit.record(by, "changed tips", channel, is_on=is_on, least=str(least.decimal), most=str(most.decimal))
    return row


def _on_paid(payment: Payment, now: datetime) -> None:
    outbox.emit(TIP_PAID, _facts(payment.tip))
    tip_overlays.alert_on_commit(payment.tip)
    goals.tell_on_commit(payment.channel)
    post_receipt(payment)


def _on_failed(payment: Payment, now: datetime) -> None:
    """Its payer is on the page that says so."""


def _on_refunded(payment: Payment, now: datetime) -> None:
    _tell_goal(payment, now)
    post_refund(payment)


def _tell_goal(payment: Payment, now: datetime) -> None:
    """Another sum than before counts for the goal."""
    goals.tell_on_commit(payment.channel)


def _facts(tip: Tip) -> dict[str, object]:
    payment = tip.payment
    return {"tip": tip.pk, "channel": payment.channel_id, "user": payment.payer_id}


def sell() -> None:
    ware = Ware(
        _on_paid,
        _on_failed,
        _on_refunded,
        on_returned=_tell_goal,
        on_disputed=_tell_goal,
        on_won=_tell_goal,
        on_lost=_tell_goal,
    )
    register(Payment.Kind.TIP, ware)
