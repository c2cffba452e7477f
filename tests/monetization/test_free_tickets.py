"""Tickets that cost nothing: who gets one, how many, what ends them, and that the books never hear of them."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import deletion
from accounts.actions import block
from accounts.errors import TooMany
from accounts.models import AuditEntry, Notification, User
from accounts.notifications import text_of
from monetization import actions, free_tickets
from monetization.entrance import lets_in
from monetization.errors import (
    AlreadyHasTicket,
    NotForSale,
    NotInForce,
    NotOfferedThere,
    ReasonMissing,
    SoldOut,
    TooLittle,
)
from monetization.event_ends import refund_all, release_event
from monetization.event_notices import OFF, tell_off
from monetization.models import Availability, LedgerEntry, Payment, Refund, Ticket, TicketedEvent
from monetization.money import Money
from monetization.tickets import buy_ticket, sale_of, ticket_price
from realtime.models import OutboxEvent
from tests.monetization.conftest import FIVE, Sell, on_air
from tests.monetization.sandbox import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

FREE, HOUR = Money(0, "eur"), timedelta(hours=1)


def take(user: User, event: TicketedEvent, country: str = "", network: str = "near") -> Ticket:
    return actions.take_free_ticket(user=user, event=event, country=country, network=network, now=timezone.now())


def people(count: int) -> list[User]:
    return [User.objects.create(username=f"guest{number}") for number in range(count)]


@pytest.fixture
def event(sell: Sell) -> TicketedEvent:
    return sell(FREE)


def test_one_click_lets_somebody_in_and_nothing_is_in_the_books(event: TicketedEvent, bob: User, alice: User) -> None:
    ticket = take(bob, event)

    assert (ticket.state, ticket.payment) == ("valid", None)
    assert lets_in(bob, event)
    assert sale_of(event, timezone.now()).left == 4
    with pytest.raises(AlreadyHasTicket):
        take(bob, event)
    on_air(event, timezone.now(), state="ended", ended_at=timezone.now())
    release_event(event=event, by=alice, now=timezone.now())
    assert not LedgerEntry.objects.exists()
    assert not Payment.objects.exists()


def test_no_more_are_taken_than_there_are(sell: Sell, bob: User, carol: User, dave: User) -> None:
    event = sell(FREE, capacity=2)
    take(bob, event)
    take(carol, event)

    with pytest.raises(SoldOut):
        take(dave, event)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_get_in_as_there_are_places(sell: Sell) -> None:
    event = sell(FREE, capacity=3)
    outcomes: list[str] = []

    def go(user: User) -> None:
        try:
            take(user, event)
            outcomes.append("in")
        except SoldOut:
            outcomes.append("out")
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(user,)) for user in people(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(outcomes) == ["in"] * 3 + ["out"] * 3
    assert event.tickets.seated().count() == 3


def test_only_while_they_are_given_away(sell: Sell, bob: User, alice: User, carol: User) -> None:
    now = timezone.now()
    later = sell(FREE, sales_start_at=now + HOUR)
    with pytest.raises(NotForSale):
        take(bob, later)
    TicketedEvent.objects.update(sales_start_at=now - 2 * HOUR, sales_end_at=now - HOUR)
    with pytest.raises(NotForSale):
        take(bob, later)
    TicketedEvent.objects.update(sales_end_at=None)
    with pytest.raises(NotForSale):
        take(alice, later)
    block(user=alice, other=carol)
    with pytest.raises(NotForSale):
        take(carol, later)
    Availability.objects.create(feature="ticket", is_allow_list=True, countries=["FR"])
    with pytest.raises(NotOfferedThere):
        take(bob, later, country="DE")
    assert not Ticket.objects.exists()


def test_what_is_free_in_one_country_costs_something_in_another(
    sell: Sell, alice: User, bob: User, dave: User, sandbox: Sandbox
) -> None:
    event, now = sell(FIVE), timezone.now()
    actions.set_ticket_price(event=event, country="MA", price=Money(0, "mad"), by=alice, now=now)
    assert ticket_price(event, "MA", now) == Money(0, "mad")
    assert ticket_price(event, "FR", now) == FIVE

    assert take(bob, event, country="MA").state == "valid"
    with pytest.raises(NotForSale):
        take(dave, event, country="FR")
    with pytest.raises(NotForSale):
        buy_ticket(user=dave, event=event, card=sandbox.save_card(dave), country="MA", now=now)
    assert not Payment.objects.exists()

    # And back to what everybody pays.
    actions.set_ticket_price(event=event, country="MA", price=None, by=alice, now=now)
    with pytest.raises(NotForSale):
        take(dave, event, country="MA")
    with pytest.raises(TooLittle):
        actions.set_ticket_price(event=event, country="", price=Money(1, "eur"), by=alice, now=now)


def test_nobody_empties_the_house(sell: Sell, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one person at many events, nor one neighbourhood at one."""
    monkeypatch.setattr(free_tickets, "A_PERSON", 2)
    monkeypatch.setattr(free_tickets, "A_NETWORK", 3)
    events = [sell(FREE, capacity=100) for _ in range(3)]
    for event in events[:2]:
        take(bob, event)
    with pytest.raises(TooMany):
        take(bob, events[2])

    guests = people(4)
    for guest in guests[:2]:
        take(guest, events[0])
    with pytest.raises(TooMany):
        take(guests[2], events[0])
    assert take(guests[3], events[0], network="elsewhere").state == "valid"


def test_called_off_its_holders_are_told_and_nothing_goes_back(
    event: TicketedEvent, bob: User, alice: User, dave: User, django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@example.com")
    take(bob, event)
    actions.take_back_ticket(ticket=take(dave, event), by=alice, reason="Two of them", now=timezone.now())

    actions.cancel_event(event=event, by=alice, reason="The hall has burnt.", now=timezone.now())
    refund_all(event, timezone.now())
    for told in (1, 2):
        with django_capture_on_commit_callbacks(execute=True):
            for row in OutboxEvent.objects.filter(kind=OFF):
                tell_off(row.payload)
        assert Notification.objects.filter(kind="event_off").count() == 1, told

    event.refresh_from_db()
    assert not lets_in(bob, event)
    assert text_of(Notification.objects.get(kind="event_off")) == "“Gala” on alice is called off."
    (letter,) = [one for one in mail.outbox if "called off" in one.subject]
    assert letter.to == ["bob@example.com"]
    assert "The hall has burnt." in letter.body
    assert not Refund.objects.exists()


def test_taken_back_it_is_worth_nothing_and_isnt_taken_again(event: TicketedEvent, bob: User, alice: User) -> None:
    ticket = take(bob, event)
    with pytest.raises(ReasonMissing):
        actions.take_back_ticket(ticket=ticket, by=alice, reason=" ", now=timezone.now())

    actions.take_back_ticket(ticket=ticket, by=alice, reason="For the press", now=timezone.now())

    assert not lets_in(bob, event)
    assert sale_of(event, timezone.now()).left == 5
    told = Notification.objects.get(user=bob)
    assert text_of(told) == "Your ticket to “Gala” was taken back: For the press"
    assert AuditEntry.objects.filter(action="took back free ticket", actor=alice).count() == 1
    with pytest.raises(NotForSale):
        take(bob, event)
    with pytest.raises(NotInForce):
        actions.take_back_ticket(ticket=ticket, by=alice, reason="Again", now=timezone.now())


def test_who_only_gave_tickets_away_may_leave(event: TicketedEvent, bob: User, alice: User) -> None:
    take(bob, event)

    deletion.forget(user=alice, by=alice, now=timezone.now())

    event.refresh_from_db()
    assert event.state == "cancelled"


def test_the_database_keeps_a_free_ticket_from_being_paid(event: TicketedEvent, bob: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.create(event=event, holder=bob, state="reserved", reserved_until=timezone.now())
