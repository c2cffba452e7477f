"""How events end: refunded whole, however often it is cut off, or released to who earned it."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.deletion import forget
from accounts.errors import AccountsError
from accounts.models import AuditEntry, User
from monetization import actions
from monetization.earnings import balances_of, earned_by_month
from monetization.errors import EventIsOver
from monetization.event_ends import NO_SHOW_AFTER, call_off, refund_all, refund_due, sweep_events
from monetization.gateway import open_gateway
from monetization.ledger import balance_of, held, payable
from monetization.models import LedgerEntry, Payment, Refund, Ticket, TicketedEvent
from monetization.sweeping import sweep
from monetization.tickets import buy_ticket
from streaming import scheduling
from streaming.models import ScheduledBroadcast
from tests.monetization.conftest import Sell, on_air
from tests.monetization.sandbox import ASKS, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

SECOND = timedelta(seconds=1)


class Killed(BaseException):
    """The process dies here: nothing in it goes on."""


def buyers(sandbox: Sandbox, event: TicketedEvent, *users: User) -> list[Payment]:
    now = timezone.now()
    return [buy_ticket(user=user, event=event, card=sandbox.save_card(user), country="", now=now) for user in users]


def die_at(fragment: str, nth: int) -> Any:
    """Before the nth statement of this kind reaches the database."""
    count = 0

    def count_down(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += fragment in sql
        if count == nth and fragment in sql:
            raise Killed
        return execute(sql, params, many, context)

    return connection.execute_wrapper(count_down)


def test_called_off_everybody_is_refunded_once_and_told(
    sandbox: Sandbox, sell: Sell, alice: User, bob: User, dave: User, django_capture_on_commit_callbacks: Any
) -> None:
    event = sell()
    payments = buyers(sandbox, event, bob, dave)
    with django_capture_on_commit_callbacks(execute=True):
        actions.cancel_event(event=event, by=alice, reason="Snow.", now=timezone.now())

    event.refresh_from_db()
    assert event.state == TicketedEvent.State.CANCELLED
    assert ScheduledBroadcast.objects.get().state == ScheduledBroadcast.State.CANCELLED
    assert {one.state for one in event.tickets.all()} == {Ticket.State.REFUNDED}
    assert balance_of(held(alice, event.reference), "eur").amount_minor == 0
    assert sorted(letter.to[0] for letter in mail.outbox) == ["bob@example.com", "dave@example.com"]
    assert "“Gala”" in mail.outbox[0].subject
    assert "Snow." in mail.outbox[0].body
    assert AuditEntry.objects.filter(action="cancelled event", actor=alice).count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        actions.cancel_event(event=event, by=alice, reason="", now=timezone.now())
    assert [len(open_gateway().refunds_of(one.provider_id)) for one in payments] == [1, 1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("dies_before", "nth"),
    [
        ('INSERT INTO "monetization_refund"', 2),
        # After the gateway gave back, before that is written down.
        ('INSERT INTO "monetization_ledgerentry"', 2),
        ('UPDATE "monetization_ticket"', 2),
    ],
)
def test_cut_off_in_the_middle_it_goes_on(
    sandbox: Sandbox, sell: Sell, alice: User, bob: User, carol: User, dave: User, dies_before: str, nth: int
) -> None:
    event, now = sell(), timezone.now()
    payments = buyers(sandbox, event, bob, carol, dave)
    mail.outbox.clear()
    call_off(event=event, by=alice, reason="", now=now)

    with pytest.raises(Killed), die_at(dies_before, nth):
        refund_all(event, now)
    assert event.tickets.filter(state=Ticket.State.REFUNDED).count() == 1
    for minutes in (2, 4):
        sweep_events(now + timedelta(minutes=minutes))
        sweep(now + timedelta(minutes=minutes))

    assert {one.state for one in event.tickets.all()} == {Ticket.State.REFUNDED}
    assert [len(open_gateway().refunds_of(one.provider_id)) for one in payments] == [1, 1, 1]
    assert (Refund.objects.count(), LedgerEntry.objects.filter(kind="refund-ticket").count()) == (3, 3)
    assert len(mail.outbox) == 3
    assert balance_of(held(alice, event.reference), "eur").amount_minor == 0


@pytest.mark.parametrize(
    ("number_there", "hours", "refunds"),
    [("", 23, 1), ("", 24, 2), ("re_failed", 99, 1)],
)
def test_what_the_gateway_refused_is_asked_for_again_a_day_later(
    sandbox: Sandbox, sell: Sell, alice: User, bob: User, number_there: str, hours: int, refunds: int
) -> None:
    event, now = sell(), timezone.now()
    (payment,) = buyers(sandbox, event, bob)
    call_off(event=event, by=alice, reason="", now=now)
    facts: dict[str, Any] = {"amount_minor": 500, "currency": "eur", "created_at": now, "asked_at": now}
    Refund.objects.create(payment=payment, state="failed", settled_at=now, provider_id=number_there, **facts)

    refund_due(now + timedelta(hours=hours))

    assert payment.refunds.count() == refunds
    assert payment.refunds.filter(state="done").count() == refunds - 1


def test_what_is_being_paid_when_it_is_called_off_is_not_paid(
    sandbox: Sandbox, sell: Sell, alice: User, bob: User
) -> None:
    event, now = sell(), timezone.now()
    card = sandbox.save_card(bob, ASKS)
    payment = buy_ticket(user=bob, event=event, card=card, country="", now=now)

    refund_all(call_off(event=event, by=alice, reason="", now=now), now)

    payment.refresh_from_db()
    assert (payment.state, payment.ticket.state) == (Payment.State.FAILED, Ticket.State.LAPSED)


@pytest.mark.parametrize("is_called_off", [True, False])
def test_what_never_goes_on_air_is_refunded(
    sandbox: Sandbox,
    sell: Sell,
    alice: User,
    bob: User,
    is_called_off: bool,
    django_capture_on_commit_callbacks: Any,
) -> None:
    event = sell()
    buyers(sandbox, event, bob)
    at = event.scheduled.starts_at + NO_SHOW_AFTER
    sweep_events(at - SECOND)
    event.refresh_from_db()
    assert event.state == TicketedEvent.State.SELLING
    if is_called_off:
        at = timezone.now()
        scheduling.cancel(scheduled=event.scheduled, by=alice, now=at)

    with django_capture_on_commit_callbacks(execute=True):
        sweep_events(at)

    assert Ticket.objects.get().state == Ticket.State.REFUNDED
    assert AuditEntry.objects.filter(action="cancelled event", actor=None).count() == 1


def test_what_was_held_is_released_once_some_days_after_the_end(
    sandbox: Sandbox, sell: Sell, alice: User, bob: User
) -> None:
    event, ended = sell(), timezone.now()
    (payment,) = buyers(sandbox, event, bob)
    on_air(event, ended, state="ended", ended_at=ended)
    at = ended + timedelta(days=settings.ENV.ticket_hold_days)

    sweep_events(at - SECOND)
    assert [(one.available.amount_minor, one.held.amount_minor) for one in balances_of(alice).values()] == [(0, 467)]
    for _ in range(2):
        sweep_events(at)

    assert [(one.available.amount_minor, one.held.amount_minor) for one in balances_of(alice).values()] == [(467, 0)]
    (earned,) = earned_by_month(alice)
    assert (earned.kind, earned.figures.net) == ("ticket", 467)
    assert LedgerEntry.objects.filter(kind="event-over").count() == 1
    # What goes back from now on is taken from what they are owed.
    actions.refund(payment=payment, amount=payment.left, by=alice, reason="", now=at)
    assert balance_of(payable(alice), "eur").amount_minor == 0


def test_what_the_house_took_off_the_air_is_for_the_house_to_decide(
    sandbox: Sandbox, sell: Sell, alice: User, bob: User, erin: User
) -> None:
    event, ended = sell(), timezone.now()
    with pytest.raises(EventIsOver):
        actions.release_event(event=event, by=erin, now=ended)
    buyers(sandbox, event, bob)
    on_air(event, ended, state="ended", ended_at=ended, end_reason="taken_down")

    sweep_events(ended + timedelta(days=99))
    assert balance_of(payable(alice), "eur").amount_minor == 0

    actions.release_event(event=event, by=erin, now=ended)
    assert balance_of(payable(alice), "eur").amount_minor == 467


def test_nobody_leaves_with_the_money_of_others(sandbox: Sandbox, sell: Sell, alice: User, bob: User) -> None:
    event = sell()
    buyers(sandbox, event, bob)
    with pytest.raises(AccountsError, match="Gala"):
        forget(user=alice, by=alice, now=timezone.now())

    call_off(event=event, by=alice, reason="", now=timezone.now())
    refund_all(event, timezone.now())
    forget(user=alice, by=alice, now=timezone.now())
    assert User.objects.get(pk=alice.pk).deleted_at is not None


def test_who_leaves_calls_off_what_nobody_bought(sell: Sell, alice: User) -> None:
    event = sell()
    forget(user=alice, by=alice, now=timezone.now())

    event.refresh_from_db()
    assert event.state == TicketedEvent.State.CANCELLED
