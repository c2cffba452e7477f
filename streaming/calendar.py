"""Announced broadcasts as iCalendar (RFC 5545), for the calendars of those who want to be there.

An event's UID is its id and never changes; a change raises SEQUENCE (3.8.7.4), and what was called off stays in the
feed as CANCELLED (3.8.1.11) for a while, so that calendars which have it strike it out.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from icalendar import Calendar, Event

from accounts.models import Channel
from streaming.models import ScheduledBroadcast

PAST_KEPT = timedelta(days=30)
MOST_EVENTS = 200
_PRODUCT = "-//Estrade//Schedule//EN"


def channel_calendar(channel: Channel, now: datetime, *, more: Iterable[Event] = ()) -> bytes:
    """A channel's feed: what is announced, what was lately, and what was called off; `more` comes from floors above."""
    rows = ScheduledBroadcast.objects.select_related("channel", "category")
    rows = rows.filter(channel=channel, starts_at__gte=now - PAST_KEPT).order_by("-starts_at")[:MOST_EVENTS]
    return _calendar(channel, sorted(rows, key=lambda row: row.starts_at), more)


def event_calendar(scheduled: ScheduledBroadcast) -> bytes:
    """One event alone, to be put into a calendar by hand."""
    return _calendar(scheduled.channel, [scheduled])


def _calendar(channel: Channel, rows: Iterable[ScheduledBroadcast], more: Iterable[Event] = ()) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", channel.display_title)
    calendar.add("x-wr-calname", channel.display_title)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    for row in rows:
        calendar.add_component(_event(row))
    for event in more:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _path_of(scheduled: ScheduledBroadcast) -> str:
    """The channel's page, where it will play; its own, where one first has to be let in."""
    name = scheduled.channel.name
    return reverse("event", args=[name, scheduled.pk]) if scheduled.visibility else reverse("watch", args=[name])


def _event(scheduled: ScheduledBroadcast) -> Event:
    address = settings.PUBLIC_URL + _path_of(scheduled)
    cancelled = scheduled.state == ScheduledBroadcast.State.CANCELLED
    event = Event()
    event.add("uid", str(scheduled.pk))
    event.add("dtstamp", scheduled.updated_at)
    event.add("created", scheduled.created_at)
    event.add("last-modified", scheduled.updated_at)
    event.add("sequence", scheduled.sequence)
    event.add("dtstart", scheduled.starts_at)
    event.add("dtend", scheduled.ends_at)
    event.add("summary", scheduled.display_title)
    event.add("description", "\n\n".join(filter(None, [scheduled.about, address])))
    event.add("url", address)
    event.add("location", address)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if scheduled.category is not None:
        event.add("categories", [scheduled.category.name])
    return event
