"""What deleting an account does to events and tickets, and what is known of somebody's."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import User
from monetization.event_ends import call_off
from monetization.models import Ticket, TicketedEvent


def close_events_of(*, user: User, now: datetime) -> None:
    """Call off events to which nobody has a ticket. Raises AccountsError while somebody's money is at stake."""
    events = TicketedEvent.objects.filter(scheduled__channel__owner=user).select_related("scheduled__channel")
    for event in events.exclude(state=TicketedEvent.State.RELEASED):
        if event.tickets.filter(state__in=["reserved", "valid", "late"], payment__isnull=False).exists():
            raise AccountsError(
                _("People have tickets to “%(title)s”. Cancel it first, or wait until its money is yours.")
                % {"title": event.title}
            )
        call_off(event=event, by=user, reason="", now=now)


def tickets_of(user: User) -> list[dict[str, Any]]:
    """For whoever wants to know what is known of them."""
    facts = ("event__scheduled__channel__name", "event__scheduled__title", "event__scheduled__starts_at", "state")
    return [dict(row) for row in Ticket.objects.filter(holder=user).values(*facts, "payment")]
