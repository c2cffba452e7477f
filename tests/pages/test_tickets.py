"""Tickets as pages show them: in the studio, on the event's page and in one's account."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import AuditEntry, Channel, Notification, User
from accounts.notifications import text_of as text_of_notification
from monetization.event_notices import MOVED, tell_moved
from monetization.models import Card, Payment, Ticket, TicketedEvent
from monetization.money import Money
from monetization.tickets import buy_ticket
from realtime.models import OutboxEvent
from streaming import scheduling
from streaming.describing import Details
from streaming.models import ScheduledBroadcast
from streaming.scheduling import Announcement
from tests.monetization.sandbox import DECLINED_LATER, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

SALE = {"amount": "5", "currency": "eur", "capacity": "3", "most_devices": "2"}


@pytest.fixture
def gala(alice_channel: Channel, alice: User) -> ScheduledBroadcast:
    now = timezone.now()
    about = Announcement(now + timedelta(days=1), 60, "", Details(title="Gala"))
    return scheduling.plan(channel=alice_channel, announcement=about, by=alice, now=now)


@pytest.fixture
def studio(alice: User, sandbox: Sandbox, gala: ScheduledBroadcast) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def as_bob(bob: User, sandbox: Sandbox) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def put_on_sale(studio: Client, gala: ScheduledBroadcast, **facts: str) -> TicketedEvent:
    answer = studio.post(f"/studio/alice/schedule/{gala.pk}/tickets/sell", SALE | facts)
    assert answer.status_code == 302, answer.content.decode()
    return TicketedEvent.objects.get(scheduled=gala)


def test_a_streamer_sells_changes_and_calls_off(
    studio: Client, gala: ScheduledBroadcast, bob: User, sandbox: Sandbox, django_capture_on_commit_callbacks: Any
) -> None:
    path = f"/studio/alice/schedule/{gala.pk}/tickets"
    assert "Sell tickets" in text_of(studio, f"/studio/alice/schedule/{gala.pk}")
    assert "Put on sale" in text_of(studio, path)
    assert studio.post(f"{path}/sell", SALE | {"amount": "0.10"}).status_code == 422
    event = put_on_sale(studio, gala, subscribers_enter_free="on")
    assert event.subscribers_enter_free
    studio.post(f"{path}/prices", {"country-country": "MA", "country-amount": "20", "country-currency": "mad"})
    assert "Morocco" in text_of(studio, path)
    studio.post(f"{path}/prices/MA/drop")
    assert "Morocco</div>" not in text_of(studio, path)

    buy_ticket(user=bob, event=event, card=sandbox.save_card(bob), country="", now=timezone.now())
    shown = text_of(studio, path)
    assert "<dt>Sold</dt><dd>1</dd>" in shown
    assert "€5.00" in shown
    # What is sold is called off here, and nowhere else.
    studio.post(f"/studio/alice/schedule/{gala.pk}/cancel")
    assert ScheduledBroadcast.objects.get().state == "planned"
    with django_capture_on_commit_callbacks(execute=True):
        studio.post(f"{path}/cancel", {"reason": "Snow."})

    assert "<dt>Given back</dt><dd>1</dd>" in text_of(studio, path)
    assert Ticket.objects.get().state == Ticket.State.REFUNDED
    assert AuditEntry.objects.filter(action="cancelled event").exists()


def test_the_events_page_says_how_the_sale_stands(
    studio: Client, as_bob: Client, gala: ScheduledBroadcast, bob: User, dave: User, sandbox: Sandbox
) -> None:
    page = f"/@alice/schedule/{gala.pk}"
    assert "Buy a ticket" not in text_of(as_bob, page)
    event = put_on_sale(studio, gala, capacity="1")
    said: dict[str, dict[str, Any]] = {
        "One ticket left.": {},
        "Sold from:": {"sales_start_at": timezone.now() + timedelta(hours=1)},
        "No tickets are sold any more.": {"sales_end_at": timezone.now() - timedelta(hours=1)},
        "Called off.": {"state": "cancelled"},
    }
    for words, facts in said.items():
        TicketedEvent.objects.update(**{"state": "selling", "sales_start_at": None, "sales_end_at": None} | facts)
        assert words in text_of(Client(), page)
        assert ("Buy a ticket" in text_of(as_bob, page)) == (not facts)
    TicketedEvent.objects.update(state="selling")
    assert f"{page}</URL>".replace("</URL>", "") in text_of(Client(), f"{page}.ics").replace("\r\n ", "")
    watch = text_of(Client(), "/@alice")
    assert "Tickets</span>" in watch
    # Whoever is kept out once it is on air is led there.
    assert f'href="{page}">Tickets</a>' in watch

    TicketedEvent.objects.update(sales_end_at=None)
    event.refresh_from_db()
    buy_ticket(user=dave, event=event, card=sandbox.save_card(dave), country="", now=timezone.now())
    assert "Sold out." in text_of(as_bob, page)
    assert as_bob.get(f"{page}/ticket").headers["Location"] == page


def test_a_ticket_is_bought_and_listed(
    studio: Client, as_bob: Client, gala: ScheduledBroadcast, bob: User, sandbox: Sandbox
) -> None:
    put_on_sale(studio, gala)
    page = f"/@alice/schedule/{gala.pk}"
    assert f'value="ticket:{gala.pk}"' in text_of(as_bob, f"{page}/ticket")
    assert "You have no tickets" in text_of(as_bob, "/settings/tickets")
    card = sandbox.save_card(bob)
    assert "Pay €5.00" in text_of(as_bob, f"{page}/ticket")

    # Nobody pays a price that they haven't seen.
    answer = as_bob.post(f"{page}/ticket", {"card": card.pk, "seen": "400 eur"})
    assert (answer.status_code, Payment.objects.count()) == (422, 0)
    assert 'value="500 eur"' in answer.content.decode()
    as_bob.post(f"{page}/ticket", {"card": card.pk, "seen": "500 eur"})

    payment = Payment.objects.get()
    receipt = text_of(as_bob, f"/money/payments/{payment.pk}")
    assert "Gala" in receipt
    assert "Tax in it" not in receipt
    assert "You have a ticket." in text_of(as_bob, page)
    assert "Gala" in text_of(as_bob, "/settings/tickets")


def test_a_declined_card_leads_on(
    studio: Client, as_bob: Client, gala: ScheduledBroadcast, bob: User, sandbox: Sandbox
) -> None:
    put_on_sale(studio, gala)
    card = sandbox.save_card(bob, DECLINED_LATER)
    as_bob.post(f"/@alice/schedule/{gala.pk}/ticket", {"card": card.pk, "seen": "500 eur"})

    assert f"back=ticket:{gala.pk}" in text_of(as_bob, f"/money/payments/{Payment.objects.get().pk}")
    assert Card.objects.count() == 1


def test_a_house_without_payments_shows_no_tickets(
    studio: Client, as_bob: Client, gala: ScheduledBroadcast, django_assert_max_num_queries: Any
) -> None:
    put_on_sale(studio, gala)
    with django_assert_max_num_queries(30):
        text_of(as_bob, f"/@alice/schedule/{gala.pk}")
    with override_settings(PAYMENTS="off"):
        assert "Buy a ticket" not in text_of(as_bob, f"/@alice/schedule/{gala.pk}")
        text_of(as_bob, f"/@alice/schedule/{gala.pk}/ticket", 404)
        text_of(as_bob, "/settings/tickets", 404)


def test_administrators_call_off_refund_and_release(
    studio: Client,
    gala: ScheduledBroadcast,
    bob: User,
    erin: User,
    sandbox: Sandbox,
    django_capture_on_commit_callbacks: Any,
) -> None:
    event = put_on_sale(studio, gala)
    buy_ticket(user=bob, event=event, card=sandbox.save_card(bob), country="", now=timezone.now())
    admin = Client()
    admin.force_login(erin)
    for page in ("ticketedevent", "ticket", "ticketprice"):
        assert "alice" in text_of(admin, f"/admin/monetization/{page}/")

    def act(page: str, name: str, number: int) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            admin.post(f"/admin/monetization/{page}/", {"action": name, "_selected_action": number})

    act("ticketedevent", "release", event.pk)
    event.refresh_from_db()
    assert event.state == "selling"
    act("ticket", "refund", Ticket.objects.get().pk)
    assert Ticket.objects.get().state == "refunded"
    act("ticketedevent", "call_off", event.pk)
    event.refresh_from_db()
    assert (event.state, event.cancelled_by) == ("cancelled", erin)
    assert Payment.objects.get().left == Money(0, "eur")


def test_ticket_holders_are_told_of_another_time_once(
    studio: Client, gala: ScheduledBroadcast, bob: User, sandbox: Sandbox, django_capture_on_commit_callbacks: Any
) -> None:
    event = put_on_sale(studio, gala)
    buy_ticket(user=bob, event=event, card=sandbox.save_card(bob), country="", now=timezone.now())
    said = {"title": "Gala", "duration_min": "90", "tags": "", "language": "", "about": ""}
    moved = (gala.starts_at + timedelta(hours=3)).replace(second=0, microsecond=0).isoformat()
    for starts_at, events in ((gala.starts_at.isoformat(), 0), (moved, 1)):
        assert studio.post(f"/studio/alice/schedule/{gala.pk}", said | {"starts_at": starts_at}).status_code == 302
        assert OutboxEvent.objects.filter(kind=MOVED).count() == events
    mail.outbox.clear()

    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            tell_moved(OutboxEvent.objects.get(kind=MOVED).payload)

    (letter,) = mail.outbox
    assert letter.to == ["bob@example.com"]
    (row,) = Notification.objects.filter(user=bob, kind="event_moved")
    assert "is at another time" in text_of_notification(row)


def test_a_streamer_gives_one_ticket_back_and_says_why(
    studio: Client,
    as_bob: Client,
    bob: User,
    sandbox: Sandbox,
    gala: ScheduledBroadcast,
    django_capture_on_commit_callbacks: Any,
) -> None:
    event = put_on_sale(studio, gala)
    now = timezone.now()
    buy_ticket(user=bob, event=event, card=sandbox.save_card(bob), country="", now=now)
    ticket = Ticket.objects.get()
    path = f"/studio/alice/schedule/{gala.pk}/tickets"
    assert "Why, as they are told" in text_of(studio, path)
    assert as_bob.post(f"{path}/{ticket.pk}/refund", {"reason": "x"}).status_code == 404

    page = studio.post(f"{path}/{ticket.pk}/refund", {"reason": " "}, follow=True).content.decode()
    assert "Say why" in page
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        page = studio.post(f"{path}/{ticket.pk}/refund", {"reason": "You asked me to"}, follow=True).content.decode()

    assert "whoever had it is told" in page
    ticket.refresh_from_db()
    assert ticket.payment is not None
    assert (ticket.state, ticket.payment.refunded) == ("refunded", Money(500, "eur"))
    told = text_of_notification(Notification.objects.get(user=bob, kind="ticket_given_back"))
    assert told == "Your ticket to “Gala” is given back, €5.00: You asked me to"
    assert AuditEntry.objects.get(action="refunded payment").facts["reason"] == "You asked me to"
    assert "The reason: You asked me to" in next(one.body for one in mail.outbox if one.to == ["bob@example.com"])
    assert studio.post(f"{path}/{ticket.pk}/refund", {"reason": "again"}).status_code == 404
    assert Payment.objects.get().refunds.count() == 1


def test_a_free_ticket_is_one_click(studio: Client, as_bob: Client, gala: ScheduledBroadcast, bob: User) -> None:
    put_on_sale(studio, gala, amount="0")
    page, form = f"/@alice/schedule/{gala.pk}", f"/@alice/schedule/{gala.pk}/ticket"
    stranger = Client()
    assert f'href="{form}"' in text_of(stranger, page)
    assert stranger.get(form).headers["Location"].startswith("/accounts/login/")
    offer = text_of(as_bob, page)
    assert "Free" in offer
    assert f'action="{form}"' in offer
    assert "Take a free ticket" in text_of(as_bob, form)

    answer = as_bob.post(form, follow=True).content.decode()

    assert "You have a ticket." in answer
    assert Ticket.objects.get().holder == bob
    assert "Free" in text_of(as_bob, "/settings/tickets")
    assert as_bob.post(form).status_code == 302
    assert Ticket.objects.count() == 1

    own = text_of(studio, f"/studio/alice/schedule/{gala.pk}/tickets")
    assert "Take the ticket back" in own
    path = f"/studio/alice/schedule/{gala.pk}/tickets/{Ticket.objects.get().pk}/refund"
    studio.post(path, {"reason": "For the press"})
    assert Ticket.objects.get().state == "refunded"
    assert "doesn&#x27;t take that here" in as_bob.post(form, follow=True).content.decode()


def test_the_studio_takes_nothing_or_what_can_be_charged(studio: Client, gala: ScheduledBroadcast) -> None:
    answer = studio.post(f"/studio/alice/schedule/{gala.pk}/tickets/sell", SALE | {"amount": "0.1"})
    assert answer.status_code == 422
    answer = studio.post(f"/studio/alice/schedule/{gala.pk}/tickets/sell", SALE | {"amount": "-1"})
    assert answer.status_code == 422
    put_on_sale(studio, gala)
    prices = f"/studio/alice/schedule/{gala.pk}/tickets/prices"
    facts = {"country-country": "MA", "country-amount": "0", "country-currency": "mad"}
    assert studio.post(prices, facts).status_code == 302
    assert ">Free<" in text_of(studio, f"/studio/alice/schedule/{gala.pk}/tickets")
    assert "Nobody has a ticket yet" in text_of(studio, f"/studio/alice/schedule/{gala.pk}/tickets")
