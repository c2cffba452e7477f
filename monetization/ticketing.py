"""What a channel's owner does with tickets: put an announced broadcast on sale, change its terms and prices."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from monetization.availability import check_offered
from monetization.errors import AlreadyOnSale, EventIsOver, NotForSale, TooFewPlaces
from monetization.locking import lock_people
from monetization.models import TicketedEvent, TicketPrice
from monetization.models.tickets import DEVICES
from monetization.money import Money
from monetization.pricing import check_price, prices_at
from monetization.whereabouts import creator_country
from streaming import scheduling
from streaming.errors import NotPlanned
from streaming.models import ScheduledBroadcast

TICKETS = "tickets"
State = TicketedEvent.State


@dataclass(frozen=True)
class Terms:
    """On which terms tickets are sold. Without times: at once, and until the broadcast is over."""

    capacity: int
    sales_start_at: datetime | None = None
    sales_end_at: datetime | None = None
    most_devices: int = DEVICES
    subscribers_enter_free: bool = False


@transaction.atomic
def sell_tickets(
    *, scheduled: ScheduledBroadcast, terms: Terms, price: Money, by: User, now: datetime
) -> TicketedEvent:
    """Put an announced broadcast on sale; from now on it is for whoever holds a ticket.

    Raises EventIsOver, AlreadyOnSale, NotForSale, NotOfferedThere, or what is wrong with the price.
    """
    check_ticket_price(price)
    lock_people(scheduled.channel.owner_id)
    scheduled = ScheduledBroadcast.objects.select_for_update(of=("self",)).get(pk=scheduled.pk)
    channel = scheduled.channel
    if channel.owner is None or channel.is_suspended:
        raise NotForSale
    check_offered("ticket", creator_country(channel.owner, now))
    if TicketedEvent.objects.filter(scheduled=scheduled).exists():
        raise AlreadyOnSale
    try:
        scheduling.show_to(scheduled=scheduled, visibility=TICKETS, now=now)
    except NotPlanned:
        raise EventIsOver from None
    event = TicketedEvent.objects.create(scheduled=scheduled, opened_at=now, **asdict(terms))
    audit.record(by, "put event on sale", scheduled, event=event.pk, capacity=terms.capacity)
    set_ticket_price(event=event, country="", price=price, by=by, now=now)
    return event


@transaction.atomic
def change_terms(*, event: TicketedEvent, terms: Terms, by: User) -> TicketedEvent:
    """Sell on other terms from now on. Raises TooFewPlaces below what is sold, EventIsOver."""
    event = locked(event)
    check_selling(event)
    if terms.capacity < event.tickets.seated().count():
        raise TooFewPlaces
    facts = asdict(terms)
    for name, value in facts.items():
        setattr(event, name, value)
    event.save(update_fields=[*facts])
    audit.record(by, "changed ticket sale", event.scheduled, event=event.pk, **{n: str(v) for n, v in facts.items()})
    return event


@transaction.atomic
def set_ticket_price(*, event: TicketedEvent, country: str, price: Money | None, by: User, now: datetime) -> None:
    """What tickets cost that are bought from now on, in a country or everywhere else (""); None ends a country's own.

    Raises TooLittle, TooMuch, OffStep, EventIsOver.
    """
    if price is not None:
        check_ticket_price(price)
    event = locked(event)
    check_selling(event)
    held = prices_at(event.prices.all(), now).get(country)
    if held == price:
        return
    assert held is not None or price is not None
    currency = price.currency if price is not None else held.currency if held is not None else ""
    minor = None if price is None else price.amount_minor
    TicketPrice.objects.create(event=event, country=country, currency=currency, amount_minor=minor, starts_at=now)
    facts = {"event": event.pk, "country": country, "amount_minor": minor, "currency": currency}
    audit.record(by, "set ticket price", event.scheduled, **facts)


def check_ticket_price(price: Money) -> None:
    """Nothing, or what the gateway would charge. Raises TooLittle, TooMuch, OffStep."""
    if price:
        check_price(price)


def locked(event: TicketedEvent) -> TicketedEvent:
    """The event's row, which nobody else changes, sells of or settles until the transaction ends; its owner's first."""
    lock_people(event.scheduled.channel.owner_id)
    rows = TicketedEvent.objects.select_for_update(of=("self",)).select_related("scheduled__channel__owner")
    return rows.get(pk=event.pk)


def check_selling(event: TicketedEvent) -> None:
    if event.state != State.SELLING:
        raise EventIsOver
