"""Buying a ticket: what it costs, who may, how many there are, and what the books say."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Channel, Notification, User
from monetization import actions, tickets
from monetization.disputing import settle_dispute
from monetization.errors import (
    AlreadyHasTicket,
    AlreadyOnSale,
    EventIsOver,
    MonetizationError,
    NotForSale,
    NotOfferedThere,
    RefundRefused,
    SoldOut,
    TooFewPlaces,
    TooLittle,
)
from monetization.event_ends import call_off
from monetization.gateway import Charge, DisputeFacts, RefundFacts
from monetization.ledger import GATEWAY, TAX, balance_of, held, payable
from monetization.models import Availability, Card, FeeRule, LedgerEntry, Payment, TaxRate, Ticket, TicketedEvent
from monetization.money import Money
from monetization.refunding import settle_refund
from monetization.settling import _charge_again, settle
from monetization.sweeping import sweep
from monetization.ticketing import Terms
from monetization.tickets import buy_ticket, sale_of
from monetization.whereabouts import move
from tests.monetization.conftest import FIVE, Sell, on_air
from tests.monetization.sandbox import ASKS, DECLINED_LATER, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def buy(card: Card, event: TicketedEvent, now: datetime | None = None, country: str = "") -> Payment:
    return buy_ticket(user=card.user, event=event, card=card, country=country, now=now or timezone.now())


def euros(account: Any) -> int:
    return balance_of(account, "eur").amount_minor


def test_a_ticket_is_charged_held_and_told(
    card: Card, sell: Sell, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    card.country = "FR"
    TaxRate.objects.create(country="FR", rate_bp=2500, starts_at=timezone.now() - HOUR)
    event = sell()
    with django_capture_on_commit_callbacks(execute=True):
        payment = buy(card, event)

    assert payment.is_paid
    assert payment.ticket.state == Ticket.State.VALID
    entry = LedgerEntry.objects.get(key=payment.key)
    assert entry.kind == "ticket"
    assert (euros(GATEWAY), euros(TAX), euros(held(alice, event.reference))) == (-467, 100, 367)
    assert euros(payable(alice)) == 0
    (letter,) = mail.outbox
    assert "“Gala”" in letter.body
    assert "€1.00 of it are tax" in letter.body
    with pytest.raises(AlreadyHasTicket):
        buy(card, event)


def test_how_a_sale_stands(sell: Sell, bob: User) -> None:
    now = timezone.now()
    event = sell(capacity=1, sales_start_at=now + HOUR, sales_end_at=now + 5 * HOUR)
    stages = [sale_of(event, now + delay).stage for delay in (HOUR - SECOND, HOUR, 5 * HOUR - SECOND, 5 * HOUR)]
    assert stages == ["not_yet", "open", "open", "over"]

    event.sales_start_at = event.sales_end_at = None
    event.save()
    assert sale_of(event, event.scheduled.ends_at - SECOND).stage == "open"
    assert sale_of(event, event.scheduled.ends_at).stage == "over"
    broadcast = on_air(event, now)
    assert sale_of(event, event.scheduled.ends_at + HOUR).stage == "open"
    broadcast.state, broadcast.ended_at = "ended", now
    broadcast.save()
    event.refresh_from_db()
    assert sale_of(event, now).stage == "over"
    event.state = TicketedEvent.State.CANCELLED
    assert sale_of(event, now).stage == "cancelled"


def test_what_is_sold_is_for_ticket_holders_and_sold_once(sell: Sell, alice: User) -> None:
    event = sell()
    event.scheduled.refresh_from_db()

    assert event.scheduled.visibility == "tickets"
    assert AuditEntry.objects.filter(action="put event on sale", actor=alice).exists()
    again: dict[str, Any] = {"scheduled": event.scheduled, "terms": Terms(1), "by": alice, "now": timezone.now()}
    with pytest.raises(AlreadyOnSale):
        actions.sell_tickets(price=FIVE, **again)
    with pytest.raises(TooLittle):
        actions.sell_tickets(price=Money(49, "eur"), **again)


def test_prices_are_those_of_the_country_at_the_time(sell: Sell, alice: User) -> None:
    event, now = sell(), timezone.now()
    for country, price in (("MA", Money(3000, "mad")), ("", Money(900, "eur"))):
        actions.set_ticket_price(event=event, country=country, price=price, by=alice, now=now + HOUR)
    actions.set_ticket_price(event=event, country="MA", price=None, by=alice, now=now + 2 * HOUR)

    costs = [str(tickets.ticket_price(event, "MA", now + delay).decimal) for delay in (SECOND, HOUR, 2 * HOUR)]
    assert costs == ["5.00", "30.00", "9.00"]


def test_who_may_not_buy(card: Card, sell: Sell, alice: User, dave: User, sandbox: Sandbox) -> None:
    event, now = sell(), timezone.now()
    tried: list[tuple[User, Card]] = [(alice, sandbox.save_card(alice)), (dave, card)]
    for user, paid_with in tried:
        with pytest.raises(NotForSale):
            buy_ticket(user=user, event=event, card=paid_with, country="", now=now)
    Availability.objects.create(feature="ticket", countries=["FR"])
    with pytest.raises(NotOfferedThere):
        buy(card, event, country="FR")
    Channel.objects.update(is_suspended=True)
    with pytest.raises(NotForSale):
        buy(card, event)

    assert not Payment.objects.exists()


def test_a_declined_card_takes_no_place(sandbox: Sandbox, bob: User, sell: Sell) -> None:
    event = sell(capacity=1)
    payment = buy(sandbox.save_card(bob, DECLINED_LATER), event)

    assert (payment.state, Ticket.objects.get().state) == (Payment.State.FAILED, Ticket.State.LAPSED)
    assert sale_of(event, timezone.now()).left == 1


def test_a_reservation_lapses_and_the_next_one_has_the_place(
    card: Card, sandbox: Sandbox, dave: User, sell: Sell
) -> None:
    event, now = sell(capacity=1), timezone.now()
    slow = buy(sandbox.save_card(dave, ASKS), event, now)
    assert slow.state == Payment.State.ACTION
    with pytest.raises(SoldOut):
        buy(card, event)

    tickets.lapse(now + tickets.RESERVED_FOR - SECOND)
    assert sale_of(event, now).left == 0
    tickets.lapse(now + tickets.RESERVED_FOR)

    slow.refresh_from_db()
    assert (slow.state, slow.ticket.state) == (Payment.State.FAILED, Ticket.State.LAPSED)
    assert buy(card, event).is_paid
    assert sale_of(event, now).stage == "sold_out"


def test_a_lost_answer_is_settled_once(card: Card, sell: Sell, alice: User) -> None:
    event = sell()
    payment = tickets._reserve(card.user, event, card, "", timezone.now())
    _charge_again(payment, timezone.now())

    for minutes in (2, 4):
        sweep(timezone.now() + timedelta(minutes=minutes))

    payment.refresh_from_db()
    assert (payment.state, payment.ticket.state) == (Payment.State.PAID, Ticket.State.VALID)
    assert (LedgerEntry.objects.count(), euros(held(alice, event.reference))) == (1, 467)


@pytest.mark.parametrize(("others_buy", "becomes"), [(False, "valid"), (True, "refunded")])
def test_what_is_paid_too_late_gets_a_place_or_goes_back(
    card: Card, sandbox: Sandbox, dave: User, sell: Sell, alice: User, others_buy: bool, becomes: str
) -> None:
    from monetization.event_ends import refund_due

    event, now = sell(capacity=1), timezone.now()
    payment = tickets._reserve(card.user, event, card, "", now)
    paid = _charge_again(payment, now)
    settle(Charge("", str(payment.pk), "failed"), now)
    if others_buy:
        buy(sandbox.save_card(dave), event)

    settle(paid, now)
    refund_due(now)
    refund_due(now)

    payment.refresh_from_db()
    assert payment.ticket.state == becomes
    assert (payment.refunds.count(), payment.left.amount_minor) == ((1, 0) if others_buy else (0, 500))
    assert event.tickets.valid().count() == 1


@pytest.mark.parametrize(
    ("told", "becomes"),
    [
        (["open"], "valid"),
        (["open", "won"], "valid"),
        (["open", "lost"], "refunded"),
        (["lost"], "refunded"),
    ],
)
def test_a_ticket_is_nobodys_once_a_dispute_over_it_is_lost(
    card: Card, sell: Sell, told: list[Any], becomes: str
) -> None:
    """Also when half of it had been given back."""
    event, now = sell(capacity=1), timezone.now()
    there = buy(card, event, now).provider_id
    settle_refund(RefundFacts(f"re_{there}", "", there, Money(250, "eur"), "paid"), now)

    for state in told:
        settle_dispute(DisputeFacts(f"du_{there}", there, Money(250, "eur"), state), now)

    assert Ticket.objects.get().state == becomes
    assert sale_of(event, now).left == (becomes == "refunded")


@pytest.mark.parametrize(
    ("meanwhile", "becomes", "notices"),
    [
        ("nothing", "valid", ["refund_failed"]),
        ("somebody_buys", "late", ["refund_failed"]),
        ("called_off", "late", []),
    ],
)
def test_a_refund_that_never_arrives_gives_the_place_back_if_there_is_one(
    card: Card, sandbox: Sandbox, dave: User, sell: Sell, alice: User, meanwhile: str, becomes: str, notices: list[str]
) -> None:
    event, now = sell(capacity=1), timezone.now()
    there = buy(card, event, now).provider_id
    back = RefundFacts(f"re_{there}", "", there, FIVE, "paid")
    settle_refund(back, now)
    assert Ticket.objects.get().state == "refunded"
    if meanwhile == "somebody_buys":
        buy(sandbox.save_card(dave), event, now)
    elif meanwhile == "called_off":
        call_off(event=event, by=alice, reason="", now=now)

    for _ in range(2):
        settle_refund(replace(back, state="failed"), now)

    assert Ticket.objects.get(holder=card.user).state == becomes
    found = Notification.objects.filter(user=alice, kind="refund_failed").values_list("kind", flat=True)
    assert list(found) == notices
    assert Notification.objects.filter(user=card.user, kind="refund_didnt_arrive").count() == 1
    assert not Ticket.objects.to_refund(now + 99 * HOUR).filter(holder=card.user).exists()


def test_nobody_is_told_of_a_refund_that_is_refused(card: Card, sell: Sell, alice: User, sandbox: Sandbox) -> None:
    payment = buy(card, sell())
    # All of it went back at the gateway's desk, which hasn't told of it yet.
    sandbox.ask("/v1/refunds", payment_intent=payment.provider_id)

    with pytest.raises(RefundRefused):
        actions.give_back_ticket(ticket=payment.ticket, by=alice, reason="Sorry", now=timezone.now())

    assert not Notification.objects.filter(kind="ticket_given_back").exists()
    client = Client()
    client.force_login(alice)
    scheduled = payment.ticket.event.scheduled
    address = reverse("studio-ticket-refund", args=["alice", scheduled.pk, payment.ticket.pk])
    page = client.post(address, {"reason": "Sorry"}, follow=True).content.decode()
    assert "nothing has gone back" in page
    assert "whoever had it is told" not in page


def test_no_fewer_places_than_are_taken(card: Card, sell: Sell, alice: User) -> None:
    event = sell(capacity=2)
    buy(card, event)
    with pytest.raises(TooFewPlaces):
        actions.change_terms(event=event, terms=Terms(0), by=alice)

    assert actions.change_terms(event=event, terms=Terms(1, most_devices=1), by=alice).most_devices == 1


def test_a_fee_holiday_ends_to_the_second(card: Card, sandbox: Sandbox, dave: User, sell: Sell, alice: User) -> None:
    """By the country in which the creator lives when the ticket is charged."""
    event, end = sell(), timezone.now() + HOUR
    move(creator=alice, country="MA", by=alice, now=end - 9 * HOUR)
    FeeRule.objects.create(kind="ticket", rate_bp=1000, starts_at=end - 9 * HOUR)
    FeeRule.objects.create(kind="ticket", rate_bp=0, countries=["MA", "TN"], starts_at=end - HOUR, ends_at=end)

    bps = [
        LedgerEntry.objects.get(key=buy(paid_with, event, at).key).rule["fee_bp"]
        for paid_with, at in ((card, end - SECOND), (sandbox.save_card(dave), end))
    ]

    assert bps == [0, 1000]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_buy_at_once_as_many_get_in_as_there_are_places(sandbox: Sandbox, sell: Sell) -> None:
    event = sell(capacity=2)
    people = [User.objects.create(username=f"fan{one}", email=f"fan{one}@example.com") for one in range(6)]
    cards, outcomes, gun = [sandbox.save_card(user) for user in people], [], threading.Barrier(6)

    def run(card: Card) -> None:
        gun.wait()
        try:
            outcomes.append(buy(card, event).state)
        except MonetizationError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[card]) for card in cards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == ["paid"] * 2 + ["sold_out"] * 4
    assert Payment.objects.count() == event.tickets.valid().count() == 2


def test_a_closed_sale_has_nothing_to_change(sell: Sell, alice: User) -> None:
    event = sell()
    TicketedEvent.objects.update(state=TicketedEvent.State.RELEASED)
    with pytest.raises(EventIsOver):
        actions.change_terms(event=event, terms=Terms(9), by=alice)
    with pytest.raises(EventIsOver):
        actions.set_ticket_price(event=event, country="", price=Money(700, "eur"), by=alice, now=timezone.now())
    with pytest.raises(EventIsOver):
        actions.cancel_event(event=event, by=alice, reason="", now=timezone.now())
