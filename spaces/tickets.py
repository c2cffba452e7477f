"""Spaces of ticketed events: whoever has a ticket comes in, and whoever gave it back is put out.

A Space that is open at its event's time is the event taking place, so that what its tickets brought is the creator's
even when no broadcast came.
"""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import is_crew
from monetization import taking_place
from monetization.models import TicketedEvent
from monetization.ticketing import locked
from spaces.errors import NoSuchEvent
from spaces.models import Space
from streaming.access import edited_channels


def events_to_choose(user: User, space: Space | None = None) -> QuerySet[TicketedEvent]:
    """Events that may have a Space: of channels somebody edits, on sale, and without another one."""
    taken = Space.objects.exclude(state=Space.State.CANCELLED).filter(event__isnull=False)
    if space is not None:
        taken = taken.exclude(pk=space.pk)
    rows = TicketedEvent.objects.filter(state=TicketedEvent.State.SELLING, scheduled__channel__in=edited_channels(user))
    return rows.exclude(pk__in=taken.values("event")).select_related("scheduled__channel")


def event_for(space: Space, event: TicketedEvent | None) -> TicketedEvent:
    """The event, locked, once it is sure that this Space may be its. Raises NoSuchEvent."""
    if event is None:
        raise NoSuchEvent
    event = locked(event)
    others = Space.objects.exclude(state=Space.State.CANCELLED).exclude(pk=space.pk)
    is_fit = event.channel.pk == space.channel_id and event.state == TicketedEvent.State.SELLING
    if not (is_fit or event.pk == space.event_id) or others.filter(event=event).exists():
        raise NoSuchEvent
    return event


def note_begun(space: Space, now: datetime) -> None:
    if space.event is not None:
        taking_place.note_begun(event=space.event, now=now)


def note_over(space: Space, by: User | None, now: datetime) -> None:
    """Unless it is the house that ended it: then somebody decides what becomes of the money."""
    if space.event is not None and (by is None or by.pk == space.host_id or is_crew(by, space.channel)):
        taking_place.note_over(event=space.event, now=now)
