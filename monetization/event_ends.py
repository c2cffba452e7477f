"""How events end: called off or never on air, everybody is refunded; over, what was held is the creator's.

A refund is a row before the gateway is asked for it, and a ticket that has one is asked for no second time. So what a
crash leaves half done the sweep goes on with, and each buyer gets their money once.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts import audit
from accounts.models import User
from accounts.queues import enqueue_on_commit
from monetization.creators import earned
from monetization.entrance import LOST
from monetization.errors import EventIsOver
from monetization.event_notices import note_off
from monetization.going_on import going_on
from monetization.ledger import held, post
from monetization.models import LedgerAccount, Ticket, TicketedEvent
from monetization.money import Money
from monetization.refunding import refund
from monetization.ticketing import check_selling, locked
from monetization.tickets import AT_A_TIME, finish
from realtime import outbox
from streaming import devices, scheduling
from streaming.models import ScheduledBroadcast

State = TicketedEvent.State
Planned = ScheduledBroadcast.State
RELEASED = "event-over"
# Whoever comes later than this has not come.
NO_SHOW_AFTER = ScheduledBroadcast.WAITED_FOR


def cancel_event(*, event: TicketedEvent, by: User | None, reason: str, now: datetime) -> TicketedEvent:
    """Call an event off; a worker gives everybody their money back, and the sweep goes on where it is cut off.

    Raises EventIsOver when its money is released already.
    """
    from monetization.tasks import refund_event

    with transaction.atomic():
        event = call_off(event=event, by=by, reason=reason, now=now)
        enqueue_on_commit(refund_event, event.pk)
    return event


def refund_all(event: TicketedEvent, now: datetime) -> int:
    """Settle what is still being paid of an event that was called off, and give back all that was; how many tickets."""
    finish(event.tickets.all(), now)
    return refund_due(now, event)


@transaction.atomic
def call_off(*, event: TicketedEvent, by: User | None, reason: str, now: datetime) -> TicketedEvent:
    """What is true from this moment: nobody buys or enters. The refunds follow."""
    event = locked(event)
    if event.state == State.CANCELLED:
        return event
    check_selling(event)
    event.state, event.cancelled_at, event.cancelled_by, event.reason = State.CANCELLED, now, by, reason[:200]
    event.save(update_fields=["state", "cancelled_at", "cancelled_by", "reason"])
    if event.scheduled.state == Planned.PLANNED:
        scheduling.cancel(scheduled=event.scheduled, by=by, now=now)
    audit.record(by, "cancelled event", event.scheduled, event=event.pk, reason=reason)
    for holder in event.tickets.valid().values_list("holder", flat=True):
        devices.tell_on_commit(holder)
    outbox.emit(LOST, {"event": event.pk, "user": None})
    note_off(event)
    return event


def refund_due(now: datetime, event: TicketedEvent | None = None) -> int:
    """Give back what was paid in vain, of one event or of all; how many those were."""
    rows = Ticket.objects.to_refund(now).select_related("payment", "event__cancelled_by").order_by("pk")
    count = 0
    for ticket in rows.filter(event=event) if event else rows[:AT_A_TIME]:
        with going_on(f"ticket {ticket.pk}"):
            _refund(ticket, now)
            count += 1
    return count


def _refund(ticket: Ticket, now: datetime) -> None:
    payment, event = ticket.payment, ticket.event
    assert payment is not None
    refund(payment=payment, amount=payment.left, by=event.cancelled_by, reason=_reason(ticket), now=now)


def _reason(ticket: Ticket) -> str:
    return "paid too late for a place" if ticket.state == Ticket.State.LATE else ticket.event.reason


@transaction.atomic
def release_event(*, event: TicketedEvent, by: User | None, now: datetime) -> TicketedEvent:
    """Let the creator have what was held. Harmless when they have it. Raises EventIsOver when it was cancelled."""
    event = locked(event)
    if event.state == State.RELEASED:
        return event
    check_selling(event)
    if event.scheduled.state != Planned.AIRED and event.began_elsewhere_at is None:
        raise EventIsOver
    event.state, event.released_at = State.RELEASED, now
    event.save(update_fields=["state", "released_at"])
    accounts = LedgerAccount.objects.filter(kind="held", reference=event.reference, balance_minor__gt=0)
    for account in accounts.select_related("owner").order_by("pk"):
        _release(account, event, now)
    audit.record(by, "released event", event.scheduled, event=event.pk)
    return event


def _release(account: LedgerAccount, event: TicketedEvent, now: datetime) -> None:
    assert account.owner is not None
    amount = Money(account.balance_minor, account.currency)
    lines = [(held(account.owner, event.reference), -amount), *earned(account.owner, amount)]
    post(key=f"event-over-{account.pk}", kind=RELEASED, lines=lines, source=event.reference, now=now)


def sweep_events(now: datetime) -> None:
    """End what is to end, and go on with what was cut off."""
    selling = TicketedEvent.objects.selling().select_related("scheduled")
    called_off = Q(scheduled__state=Planned.CANCELLED)
    never_came = Q(scheduled__state=Planned.PLANNED, scheduled__starts_at__lte=now - NO_SHOW_AFTER)
    never_came &= Q(began_elsewhere_at__isnull=True)
    for event in selling.filter(called_off | never_came)[:AT_A_TIME]:
        was_called_off = event.scheduled.state == Planned.CANCELLED
        with going_on(event):
            cancel_event(event=event, by=None, reason="" if was_called_off else "it never went on air", now=now)
    refund_due(now)
    for event in selling.over_before(now - timedelta(days=settings.ENV.ticket_hold_days))[:AT_A_TIME]:
        with going_on(event):
            release_event(event=event, by=None, now=now)
