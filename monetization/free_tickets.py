"""Tickets that cost nothing: one click, no card, and nothing in the books.

Whoever takes one needs an account. A person, and a neighbourhood of addresses, gets no more than so many a day, so that
nobody empties a house in which they won't sit. What somebody was taken their ticket of they can't take again.
"""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts import audit, limits
from accounts.models import User
from accounts.notifications import notify
from monetization.availability import check_offered
from monetization.entrance import LOST
from monetization.errors import AlreadyHasTicket, NotForSale, NotInForce, ReasonMissing, SoldOut
from monetization.locking import lock_people
from monetization.models import Ticket, TicketedEvent
from monetization.ticketing import locked
from monetization.tickets import REASON_LENGTH, may_buy, sale_of, ticket_of, ticket_price
from monetization.whereabouts import creator_country
from realtime import outbox
from streaming import devices

A_DAY_S = 24 * 60 * 60
A_PERSON, A_NETWORK = 10, 20

State = Ticket.State


def take_free_ticket(*, user: User, event: TicketedEvent, country: str, network: str, now: datetime) -> Ticket:
    """A place where a ticket costs nothing; `network` is the neighbourhood that it is asked from.

    Raises NotForSale where it costs something, SoldOut, AlreadyHasTicket, NotOfferedThere and TooMany.
    """
    limits.count("free-tickets", user.pk, at_most=A_PERSON, within_s=A_DAY_S)
    limits.count("free-tickets-near", f"{event.pk}:{network}", at_most=A_NETWORK, within_s=A_DAY_S)
    return _take(user, event, country, now)


@transaction.atomic
def _take(user: User, event: TicketedEvent, country: str, now: datetime) -> Ticket:
    lock_people(user.pk, event.channel.owner_id)
    event = locked(event)
    sale = sale_of(event, now)
    if sale.stage == "sold_out":
        raise SoldOut
    was_taken_back = event.tickets.free().filter(holder=user, state=State.REFUNDED).exists()
    if sale.stage != "open" or not may_buy(user, event.channel) or was_taken_back:
        raise NotForSale
    check_offered("ticket", country, creator_country(event.channel.owner, now))
    if ticket_price(event, country, now):
        raise NotForSale
    if ticket_of(user, event) is not None:
        raise AlreadyHasTicket
    ticket = Ticket.objects.create(event=event, holder=user, state=State.VALID, reserved_until=now)
    devices.tell_on_commit(user.pk)
    return ticket


@transaction.atomic
def take_back_ticket(*, ticket: Ticket, by: User, reason: str, now: datetime) -> Ticket:
    """Take back one that cost nothing: its place is free, and its holder is told why. Raises ReasonMissing, and
    NotInForce when it is worth nothing already."""
    reason = reason.strip()[:REASON_LENGTH]
    if not reason:
        raise ReasonMissing
    lock_people(ticket.holder_id, ticket.event.channel.owner_id)
    event = locked(ticket.event)
    row = Ticket.objects.free().select_for_update(of=("self",)).get(pk=ticket.pk)
    if row.state != State.VALID:
        raise NotInForce
    row.state = State.REFUNDED
    row.save(update_fields=["state"])
    audit.record(by, "took back free ticket", event.scheduled, ticket=row.pk, reason=reason)
    outbox.emit(LOST, {"event": event.pk, "user": row.holder_id})
    devices.tell_on_commit(row.holder_id)
    notify(
        user=row.holder,
        kind="ticket_taken_back",
        now=now,
        url=reverse("event", args=[event.channel.name, event.scheduled_id]),
        key=f"free-ticket-back:{row.pk}",
        title=event.title,
        reason=reason,
    )
    return row
