"""Tickets: a place at an event is reserved before its payment is asked for, and somebody's once that is settled.

The event's row is locked whenever a place is taken, so that no more are sold than there are. A reservation lapses by
having its payment given up at the gateway: only then is the place free again. What turns out to be paid all the same
gets a place if there is one left, and goes back if there isn't.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.urls import reverse

from accounts import limits
from accounts.access import is_blocked
from accounts.models import Channel, User
from accounts.notifications import notify
from monetization.availability import check_offered
from monetization.creators import earned, taken_back
from monetization.entrance import LOST
from monetization.errors import AlreadyHasTicket, GatewayAway, NotForSale, ReasonMissing, SoldOut
from monetization.going_on import going_on
from monetization.ledger import Lines, held
from monetization.locking import lock_people
from monetization.models import Card, Payment, Refund, Ticket, TicketedEvent
from monetization.money import Money
from monetization.paying import give_up, open_payment
from monetization.pricing import price_in, prices_at
from monetization.receipts import post_receipt, post_ticket_refund
from monetization.refunding import refund
from monetization.settling import Ware, ask, register
from monetization.ticketing import locked
from monetization.whereabouts import creator_country
from realtime import outbox
from streaming import devices
from streaming.models import ScheduledBroadcast

log = logging.getLogger(__name__)

State = Ticket.State
RESERVED_FOR = timedelta(minutes=10)
A_MINUTE = 10
AT_A_TIME = 200
REASON_LENGTH = 200


@dataclass(frozen=True)
class Sale:
    """How the sale of an event stands: `stage` is "cancelled", "over", "not_yet", "sold_out" or "open"."""

    stage: str
    left: int


def sale_of(event: TicketedEvent, now: datetime) -> Sale:
    left = max(event.capacity - event.tickets.seated().count(), 0)
    if event.state == TicketedEvent.State.CANCELLED or event.scheduled.state == ScheduledBroadcast.State.CANCELLED:
        return Sale("cancelled", left)
    if is_over(event, now):
        return Sale("over", left)
    if event.sales_start_at and now < event.sales_start_at:
        return Sale("not_yet", left)
    return Sale("open" if left else "sold_out", left)


def is_over(event: TicketedEvent, now: datetime) -> bool:
    """Whether no ticket is sold any more, because of the time."""
    if event.sales_end_at and event.sales_end_at <= now:
        return True
    broadcast = event.scheduled.broadcast
    if broadcast is not None:
        return not broadcast.is_on_air
    return event.ended_elsewhere_at is not None or event.scheduled.ends_at <= now


def ticket_price(event: TicketedEvent, country: str, at: datetime) -> Money:
    """What a ticket costs somebody there."""
    return price_in(country, prices_at(event.prices.all(), at))


def may_buy(user: User, channel: Channel) -> bool:
    is_somebodys = channel.owner is not None and not channel.is_suspended
    return is_somebodys and channel.owner != user and not is_blocked(user, by=channel.owner)


def ticket_of(user: User, event: TicketedEvent) -> Ticket | None:
    """Somebody's place: theirs, or reserved while they pay."""
    return event.tickets.seated().select_related("payment").filter(holder=user).first()


def buy_ticket(*, user: User, event: TicketedEvent, card: Card, country: str, now: datetime) -> Payment:
    """Charge a ticket to a saved card, once; the payment that comes back says how it stands.

    Raises NotForSale, SoldOut, AlreadyHasTicket, NotOfferedThere and TooMany.
    """
    limits.count("tickets", user.pk, at_most=A_MINUTE, within_s=60)
    return ask(_reserve(user, event, card, country, now), now)


@transaction.atomic
def _reserve(user: User, event: TicketedEvent, card: Card, country: str, now: datetime) -> Payment:
    lock_people(user.pk, event.channel.owner_id)
    event = locked(event)
    sale = sale_of(event, now)
    if sale.stage == "sold_out":
        raise SoldOut
    if sale.stage != "open" or card.user_id != user.pk or not may_buy(user, event.channel):
        raise NotForSale
    check_offered("ticket", country, creator_country(event.channel.owner, now))
    price = ticket_price(event, country, now)
    if not price:
        # It costs nothing any more: `free_tickets` has no use for a card.
        raise NotForSale
    if ticket_of(user, event) is not None:
        raise AlreadyHasTicket
    payment = open_payment(
        kind=Payment.Kind.TICKET, payer=user, channel=event.channel, amount=price, card=card, now=now
    )
    Ticket.objects.create(event=event, holder=user, payment=payment, reserved_until=now + RESERVED_FOR)
    return payment


def give_back_ticket(*, ticket: Ticket, by: User, reason: str, now: datetime) -> Refund:
    """Give back one ticket, all that is left of it; its holder is told why, and their place is free once it went back.

    Raises ReasonMissing, NothingToRefund, RefundRefused.
    """
    reason = reason.strip()[:REASON_LENGTH]
    if not reason:
        raise ReasonMissing
    payment = ticket.payment
    assert payment is not None
    row = refund(payment=payment, amount=payment.left, by=by, reason=reason, now=now)
    notify(
        user=ticket.holder,
        kind="ticket_given_back",
        now=now,
        url=reverse("payment", args=[payment.pk]),
        key=f"ticket-back:{row.pk}",
        title=ticket.event.title,
        reason=reason,
        amount={"amount_minor": row.amount_minor, "currency": row.currency},
    )
    return row


def lapse(now: datetime) -> None:
    """Give up the payments of reservations that took too long."""
    finish(Ticket.objects.overdue(now), now)


def finish(tickets: QuerySet[Ticket], now: datetime) -> None:
    """Have it decided whether reserved tickets are paid. One that can't be doesn't hold up the others; a gateway that
    is away ends it until the next time."""
    rows = tickets.filter(state=State.RESERVED).select_related("payment")
    for ticket in rows.order_by("reserved_until")[:AT_A_TIME]:
        payment = ticket.payment
        assert payment is not None
        try:
            with going_on(payment):
                give_up(payment if payment.state == Payment.State.ACTION else ask(payment, now), now)
        except GatewayAway as error:
            log.warning("the gateway is away: %s", error.facts)
            return


def _on_paid(payment: Payment, now: datetime) -> None:
    ticket = payment.ticket
    event = locked(ticket.event)
    ticket.refresh_from_db()
    if ticket.state == State.RESERVED or _has_place(ticket, event):
        ticket.state = State.VALID
        post_receipt(payment)
    else:
        ticket.state = State.LATE
    ticket.save(update_fields=["state"])
    devices.tell_on_commit(ticket.holder_id)


def _has_place(ticket: Ticket, event: TicketedEvent) -> bool:
    """For one that had lapsed."""
    taken = event.tickets.seated()
    return taken.count() < event.capacity and not taken.filter(holder=ticket.holder_id).exists()


def _on_failed(payment: Payment, now: datetime) -> None:
    Ticket.objects.filter(payment=payment, state=State.RESERVED).update(state=State.LAPSED)


def _is_gone(payment: Payment) -> bool:
    """Whether all of it is its payer's again. While a dispute is open nobody knows yet."""
    lost_minor = payment.disputes.lost().aggregate(total=Sum("amount_minor"))["total"] or 0
    return payment.refunded_minor + lost_minor >= payment.amount_minor


def _on_refunded(payment: Payment, now: datetime) -> None:
    _on_lost(payment, now)
    post_ticket_refund(payment)


def _on_lost(payment: Payment, now: datetime) -> None:
    if _is_gone(payment):
        Ticket.objects.filter(payment=payment).update(state=State.REFUNDED)
        outbox.emit(LOST, {"event": payment.ticket.event_id, "user": payment.payer_id})
        devices.tell_on_commit(payment.payer_id)


def _on_returned(payment: Payment, now: datetime) -> None:
    """Its payer has the place again, if there is one. Who has none is to be looked at by somebody, for a card that
    didn't take a refund isn't sent another by itself."""
    ticket = payment.ticket
    event = locked(ticket.event)
    ticket.refresh_from_db()
    if ticket.state != State.REFUNDED or _is_gone(payment):
        return
    ticket.state = State.VALID if _takes_place(event) and _has_place(ticket, event) else State.LATE
    ticket.save(update_fields=["state"])
    devices.tell_on_commit(ticket.holder_id)


def _is_earned(payment: Payment) -> bool:
    return _takes_place(payment.ticket.event)


def _takes_place(event: TicketedEvent) -> bool:
    return event.state != TicketedEvent.State.CANCELLED


def _owed(payment: Payment, amount: Money) -> Lines:
    """The creator's part waits until the event is over."""
    event = locked(payment.ticket.event)
    if event.state == TicketedEvent.State.RELEASED:
        return earned(payment.creator, amount)
    return [(held(payment.creator, event.reference), amount)]


def _back(payment: Payment, amount: Money) -> Lines:
    event = locked(payment.ticket.event)
    if event.state == TicketedEvent.State.RELEASED:
        return taken_back(payment.creator, amount)
    return [(held(payment.creator, event.reference), -amount)]


def sell() -> None:
    ware = Ware(
        _on_paid,
        _on_failed,
        _on_refunded,
        owed=_owed,
        back=_back,
        on_lost=_on_lost,
        on_returned=_on_returned,
        is_earned=_is_earned,
    )
    register(Payment.Kind.TICKET, ware)
