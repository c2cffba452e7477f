"""Broadcasts announced for a time: planned, changed, cancelled, and taken up when an encoder comes."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Channel, User
from streaming.describing import Details, apply_details, check_visibility
from streaming.errors import NotPlanned, ScheduleFull
from streaming.models import Broadcast, ScheduledBroadcast

MOST_PLANNED = 50


@dataclass(frozen=True)
class Announcement:
    """What is announced: when, for how long, and what it is."""

    starts_at: datetime
    duration_min: int
    about: str
    details: Details


@transaction.atomic
def plan(*, channel: Channel, announcement: Announcement, by: User, now: datetime) -> ScheduledBroadcast:
    """Announce a broadcast. Raises ScheduleFull."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if ScheduledBroadcast.objects.upcoming(now).filter(channel=channel).count() >= MOST_PLANNED:
        raise ScheduleFull
    scheduled = ScheduledBroadcast.objects.create(
        channel=channel,
        starts_at=announcement.starts_at,
        duration_min=announcement.duration_min,
        about=announcement.about,
        created_at=now,
        updated_at=now,
    )
    apply_details(scheduled, announcement.details)
    audit.record(by, "announced broadcast", scheduled, starts_at=announcement.starts_at.isoformat())
    return scheduled


@transaction.atomic
def replan(*, scheduled: ScheduledBroadcast, announcement: Announcement, by: User, now: datetime) -> ScheduledBroadcast:
    """Change what was announced; calendars take the change up by its number. Raises NotPlanned."""
    scheduled = _planned(scheduled)
    scheduled.starts_at = announcement.starts_at
    scheduled.duration_min = announcement.duration_min
    scheduled.about = announcement.about
    _save_change(scheduled, now, "starts_at", "duration_min", "about")
    apply_details(scheduled, announcement.details)
    audit.record(by, "replanned broadcast", scheduled, starts_at=announcement.starts_at.isoformat())
    return scheduled


@transaction.atomic
def cancel(*, scheduled: ScheduledBroadcast, by: User | None, now: datetime) -> ScheduledBroadcast:
    """Call an announced broadcast off; calendars are told. Raises NotPlanned."""
    scheduled = _planned(scheduled)
    scheduled.state = ScheduledBroadcast.State.CANCELLED
    _save_change(scheduled, now, "state")
    audit.record(by, "called off broadcast", scheduled)
    return scheduled


@transaction.atomic
def show_to(*, scheduled: ScheduledBroadcast, visibility: str, now: datetime) -> None:
    """For whom it is once it is on air; "" as the channel's broadcasts begin. Raises NotPlanned."""
    if visibility:
        check_visibility(visibility)
    scheduled = _planned(scheduled)
    scheduled.visibility = visibility
    _save_change(scheduled, now, "visibility")


def _planned(scheduled: ScheduledBroadcast) -> ScheduledBroadcast:
    scheduled = ScheduledBroadcast.objects.select_for_update().get(pk=scheduled.pk)
    if scheduled.state != ScheduledBroadcast.State.PLANNED:
        raise NotPlanned
    return scheduled


def _save_change(scheduled: ScheduledBroadcast, now: datetime, *fields: str) -> None:
    scheduled.sequence += 1
    scheduled.updated_at = now
    scheduled.save(update_fields=[*fields, "sequence", "updated_at"])


def due(channel: Channel, now: datetime) -> ScheduledBroadcast | None:
    """What a channel has announced for about now: of several the nearest."""
    planned = ScheduledBroadcast.objects.due(now).filter(channel=channel)
    return min(planned.order_by("starts_at", "pk"), key=lambda one: abs(one.starts_at - now), default=None)


def note_aired(scheduled: ScheduledBroadcast, broadcast: Broadcast, now: datetime) -> None:
    """An encoder has come for what was announced."""
    scheduled.state = ScheduledBroadcast.State.AIRED
    scheduled.broadcast = broadcast
    _save_change(scheduled, now, "state", "broadcast")
