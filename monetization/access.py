"""The only door for untrusted ids: one's own cards and payments, and the tips of channels one works on."""

from uuid import UUID

from accounts.errors import NotThere
from accounts.models import Channel, User
from monetization.models import Card, Contract, GivenMonth, Payment, Payout, Ticket, TicketedEvent, Tip
from streaming.models import ScheduledBroadcast


def get_own_card(user: User, card_id: int) -> Card:
    card = Card.objects.select_related("user").filter(pk=card_id, user=user).first()
    if card is None:
        raise NotThere
    return card


def get_own_payment(user: User, payment_id: UUID) -> Payment:
    rows = Payment.objects.select_related(
        "channel", "payer", "creator", "tip", "joint", "ticket__event__scheduled__channel", "gift__tier"
    )
    payment = rows.filter(pk=payment_id, payer=user).first()
    if payment is None:
        raise NotThere
    return payment


def get_own_payout(user: User, payout_id: int) -> Payout:
    payout = Payout.objects.select_related("creator").filter(pk=payout_id, creator=user).first()
    if payout is None:
        raise NotThere
    return payout


def get_own_contract(user: User, contract_id: int) -> Contract:
    contract = (
        Contract.objects.select_related("user", "channel", "tier", "next_tier")
        .filter(pk=contract_id, user=user)
        .first()
    )
    if contract is None:
        raise NotThere
    return contract


def get_own_given_month(user: User, month_id: int) -> GivenMonth:
    """Something that somebody was given."""
    rows = GivenMonth.objects.received_by(user).select_related("gift__payment", "gift__tier__channel", "subscription")
    month = rows.filter(pk=month_id).first()
    if month is None:
        raise NotThere
    return month


def get_event(scheduled: ScheduledBroadcast) -> TicketedEvent:
    """The sale of tickets to something announced that was got through its own door."""
    event = event_at(scheduled)
    if event is None:
        raise NotThere
    return event


def event_at(scheduled: ScheduledBroadcast) -> TicketedEvent | None:
    rows = TicketedEvent.objects.select_related("scheduled__channel__owner", "scheduled__broadcast")
    return rows.prefetch_related("prices").filter(scheduled=scheduled).first()


def get_valid_ticket(event: TicketedEvent, ticket_id: int) -> Ticket:
    """A ticket to an event that was got through its own door."""
    rows = event.tickets.valid().select_related("holder", "payment__channel", "payment__creator", "payment__joint")
    ticket = rows.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotThere
    ticket.event = event
    return ticket


def get_paid_tip(channel: Channel, tip_id: int) -> Tip:
    """A tip of a channel that was got through its own door."""
    rows = Tip.objects.paid().select_related("payment__channel", "payment__payer", "payment__creator")
    tip = rows.filter(pk=tip_id, payment__channel=channel).first()
    if tip is None:
        raise NotThere
    return tip
