"""Spaces of ticketed events: whoever has a ticket comes in, and whoever gave it back is put out.

A Space that is open at its event's time is the event taking place, so that what its tickets brought is the creator's
even when no broadcast came.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.roles import is_crew
from monetization import taking_place
from monetization.models import TicketedEvent
from monetization.ticketing import locked
from spaces.errors import NoSuchEvent
from spaces.models import Space
from streaming.access import edited_channels
from streaming.models import ScheduledBroadcast


def events_to_choose(user: User, space: Space | None = None) -> QuerySet[TicketedEvent]:
    """Events that may have a Space: of channels somebody edits, on sale, and without another one.

    That which a Space has is among them, whoever it was handed over to: it isn't to open to everybody by a new title.
    """
    taken = Space.objects.exclude(state=Space.State.CANCELLED).filter(event__isnull=False)
    if space is not None:
        taken = taken.exclude(pk=space.pk)
    fit = Q(state=TicketedEvent.State.SELLING, scheduled__channel__in=edited_channels(user))
    if space is not None and space.event_id is not None:
        fit |= Q(pk=space.event_id)
    rows = TicketedEvent.objects.filter(fit)
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


def note_begun_meanwhile(now: datetime) -> None:
    """Spaces that were opened before it was time: they are their events once it is."""
    due = ScheduledBroadcast.objects.due(now)
    rows = Space.objects.live().filter(event__began_elsewhere_at__isnull=True, event__scheduled__in=due)
    for number in rows.values_list("pk", flat=True):
        # Locked, so that none ends in between and is never over.
        with transaction.atomic():
            space = Space.objects.live().select_for_update().filter(pk=number).first()
            if space is not None:
                note_begun(space, now)


def note_over(space: Space, by: User | None, now: datetime) -> None:
    """Unless it is the house that ended it: then somebody decides what becomes of the money.

    Co-hosts end a Space as its host does, and one that nobody leads any more (`by` nobody) has ended by itself. Of an
    event that was called off the money goes back, whatever is noted.
    """
    is_own = by is None or not by.is_staff or by.pk == space.host_id or is_crew(by, space.channel)
    if space.event is not None and is_own:
        taking_place.note_over(event=space.event, now=now)
