"""The gate of ticketed events: whoever holds a ticket, and subscribers where they enter free."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from monetization.models import TicketedEvent
from monetization.models.tickets import DEVICES
from monetization.subscriptions import is_subscriber
from monetization.ticketing import TICKETS
from streaming import gates
from streaming.models import Broadcast

LIVES = timedelta(minutes=1)
# An outbox event: somebody's ticket is worth nothing any more; without a user nobody's is.
LOST = "monetization.entry_lost"


def register() -> None:
    gates.register(
        TICKETS,
        may_enter,
        label=_("Ticket holders"),
        about=_("Everybody can find it; whoever has a ticket to the event can watch it."),
        denial=_("This broadcast is for those who have a ticket."),
        most_devices=most_devices,
        lives=LIVES,
        is_choosable=False,
    )


def event_of(broadcast: Broadcast) -> TicketedEvent | None:
    rows = TicketedEvent.objects.exclude(state=TicketedEvent.State.CANCELLED)
    return rows.filter(scheduled__broadcast=broadcast.pk).first()


def may_enter(viewer: User, broadcast: Broadcast) -> bool:
    event = event_of(broadcast)
    return event is not None and lets_in(viewer, event)


def lets_in(viewer: User, event: TicketedEvent) -> bool:
    """Whether somebody has a ticket, or enters free."""
    if event.state == TicketedEvent.State.CANCELLED:
        return False
    return event.tickets.valid().filter(holder=viewer).exists() or enters_free(viewer, event)


def enters_free(viewer: User, event: TicketedEvent) -> bool:
    """As a subscriber, where the event says so."""
    return event.subscribers_enter_free and is_subscriber(viewer, event.scheduled.channel, timezone.now())


def most_devices(broadcast: Broadcast) -> int:
    event = event_of(broadcast)
    return event.most_devices if event else DEVICES
