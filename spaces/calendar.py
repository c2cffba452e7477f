"""An announced Space as iCalendar (RFC 5545). Its UID never changes, and each change raises SEQUENCE (3.8.7.4)."""

from datetime import datetime, timedelta

from django.conf import settings
from icalendar import Calendar, Event

from accounts.models import Channel
from spaces.models import Space
from streaming.calendar import MOST_EVENTS, PAST_KEPT

_PRODUCT = "-//Estrade//Spaces//EN"
# Nobody says how long a Space is to be.
_LENGTH = timedelta(hours=1)


def events_of(channel: Channel, now: datetime) -> list[Event]:
    """A channel's Spaces for its feed: announced ones, those that were lately, and those that were called off."""
    rows = Space.objects.filter(channel=channel, starts_at__gte=now - PAST_KEPT, host__is_active=True)
    return [_event(space) for space in rows.order_by("-starts_at", "pk")[:MOST_EVENTS]]


def space_calendar(space: Space) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(space))
    return bytes(calendar.to_ical())


def _event(space: Space) -> Event:
    address = settings.PUBLIC_URL + space.get_absolute_url()
    event = Event()
    event.add("uid", str(space.pk))
    event.add("dtstamp", space.updated_at)
    event.add("created", space.created_at)
    event.add("last-modified", space.updated_at)
    event.add("sequence", space.sequence)
    event.add("dtstart", space.starts_at)
    event.add("dtend", space.ended_at or space.starts_at + _LENGTH)
    event.add("summary", space.title)
    event.add("description", "\n\n".join(filter(None, [space.about, address])))
    event.add("url", address)
    event.add("location", address)
    event.add("status", "CANCELLED" if space.state == Space.State.CANCELLED else "CONFIRMED")
    return event
