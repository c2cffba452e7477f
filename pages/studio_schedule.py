"""The studio's schedule: what a channel announces."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Channel
from monetization.access import event_at
from monetization.event_notices import note_moved
from pages.answers import user_of
from pages.broadcast_forms import ScheduleForm, initial_of
from pages.lists import page_of
from pages.studio import channel_or_404, frame
from streaming import scheduling
from streaming.access import get_edited_scheduled
from streaming.describing import get_setup
from streaming.errors import NotPlanned, NotWatchable, ScheduleFull
from streaming.models import ScheduledBroadcast


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def show(request: HttpRequest, name: str) -> HttpResponse:
    """What is announced, and a form to announce more."""
    channel, now = channel_or_404(request, name), timezone.now()
    if request.method != "POST":
        return _render(request, channel, ScheduleForm(initial=initial_of(get_setup(channel)), now=now))
    form = ScheduleForm(request.POST, now=now)
    if form.is_valid():
        try:
            scheduling.plan(channel=channel, announcement=form.announcement(), by=user_of(request), now=now)
            messages.success(request, _("Announced. It is on your channel's page now."))
            return _back(channel)
        except ScheduleFull:
            form.add_error(None, _("You have announced as much as a channel may. Cancel something first."))
    return _render(request, channel, form)


def _render(request: HttpRequest, channel: Channel, form: ScheduleForm) -> HttpResponse:
    events = ScheduledBroadcast.objects.filter(channel=channel).select_related("channel", "category")
    page = page_of(request, events.order_by("-starts_at", "pk"))
    context = frame(request, channel, "schedule") | {
        "form": form,
        "events": page,
        "page": page,
    }
    return render(request, "pages/studio/schedule.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def edit(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    """Change what was announced."""
    scheduled, now = _scheduled_or_404(request, name, scheduled_id), timezone.now()
    if request.method == "POST":
        form = ScheduleForm(request.POST, now=now)
        if form.is_valid():
            try:
                _replan(request, scheduled, form, now)
                messages.success(request, _("Changed. Calendars that follow it take it up."))
                return _back(scheduled.channel)
            except NotPlanned:
                form.add_error(None, _("This is on air or called off already."))
    else:
        given = initial_of(scheduled) | {
            "starts_at": scheduled.starts_at,
            "duration_min": scheduled.duration_min,
            "about": scheduled.about,
        }
        form = ScheduleForm(initial=given, now=now)
    context = frame(request, scheduled.channel, "schedule") | {
        "event": scheduled,
        "ticketed": event_at(scheduled),
        "form": form,
    }
    return render(request, "pages/studio/event.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _replan(request: HttpRequest, scheduled: ScheduledBroadcast, form: ScheduleForm, now: datetime) -> None:
    """Whoever has a ticket is told of another time."""
    before, event = scheduled.starts_at, event_at(scheduled)
    scheduling.replan(scheduled=scheduled, announcement=form.announcement(), by=user_of(request), now=now)
    if event is not None and form.announcement().starts_at != before:
        note_moved(event)


@require_POST
@login_required
def cancel(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    scheduled = _scheduled_or_404(request, name, scheduled_id)
    if event_at(scheduled) is not None:
        messages.error(
            request, _("Tickets to this are on sale. The channel's owner calls it off on the tickets' page.")
        )
        return _back(scheduled.channel)
    try:
        scheduling.cancel(scheduled=scheduled, by=user_of(request), now=timezone.now())
        messages.success(request, _("Called off. Calendars that follow it strike it out."))
    except NotPlanned:
        messages.error(request, _("This is on air or called off already."))
    return _back(scheduled.channel)


def _back(channel: Channel) -> HttpResponse:
    return redirect("studio-schedule", channel.name)


def _scheduled_or_404(request: HttpRequest, name: str, scheduled_id: UUID) -> ScheduledBroadcast:
    try:
        return get_edited_scheduled(user_of(request), name, scheduled_id)
    except NotWatchable as error:
        raise Http404 from error
