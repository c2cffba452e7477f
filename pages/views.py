"""A channel's pages: what it shows now, what it announced, what it showed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.following import follow_of
from accounts.models import Channel, User
from accounts.roles import CREW, role_on
from ads.deciding import may_see_ads
from ads.viewers import give_key
from chat.entering import chat_context
from monetization.contracts import may_subscribe, sells_tiers
from monetization.goals import TOPIC, progress_of
from monetization.subscriptions import is_subscriber
from monetization.supporters import top_supporters
from monetization.tips import may_tip, takes_tips
from pages import replays
from pages.lists import page_of
from pages.ticketing import offer_of, where_to_buy
from spaces import listing as space_listing
from spaces.calendar import events_of
from streaming import gates, listing
from streaming.access import (
    Viewer,
    broadcast_shown,
    get_scheduled,
    get_watchable_broadcast,
    get_watchable_channel,
)
from streaming.calendar import channel_calendar, event_calendar
from streaming.errors import NotWatchable
from streaming.models import Broadcast, ScheduledBroadcast
from streaming.state import describe

ALSO_LIVE, EVENTS, PAST = 4, 3, 4


@require_safe
def watch(request: HttpRequest, name: str) -> HttpResponse:
    """A channel's page: what it shows now, and the player that follows it from here on."""
    channel = _channel_or_404(request, name)
    broadcast = broadcast_shown(request.user, channel)
    urls = {
        "state_url": reverse("channel-state", args=[channel.name]),
        "own_state_url": reverse("own-channel-state", args=[channel.name]),
    }
    return _watch(request, channel, broadcast, urls)


@require_safe
def watch_broadcast(request: HttpRequest, name: str, broadcast_id: UUID) -> HttpResponse:
    """One broadcast by its own address, which is how unlisted ones are watched: live, and then its recording."""
    try:
        broadcast = get_watchable_broadcast(request.user, broadcast_id)
    except NotWatchable as error:
        raise Http404 from error
    if broadcast.channel.name != name:
        raise Http404
    if not broadcast.is_on_air:
        return replays.show(request, broadcast)
    urls = {
        "state_url": reverse("broadcast-state", args=[broadcast.pk]),
        "own_state_url": reverse("own-broadcast-state", args=[broadcast.pk]),
    }
    return _watch(request, broadcast.channel, broadcast, urls)


def _watch(request: HttpRequest, channel: Channel, broadcast: Broadcast | None, urls: dict[str, str]) -> HttpResponse:
    now = timezone.now()
    state = describe(broadcast, now, request.user) if broadcast else None
    role = role_on(request.user, channel)
    also_live = listing.on_air(request.user).exclude(channel=channel)[:ALSO_LIVE]
    events = list(_upcoming(channel, now)[:EVENTS])
    context = {
        "channel": channel,
        "broadcast": broadcast,
        "tags": broadcast.tags.all() if broadcast else [],
        "state": {"channel": channel.name, "broadcast": state},
        "view": _first_view(state),
        "gates": [gate for gate in gates.all_gates() if not gate.is_open and not gate.is_secret],
        "gate": gates.gate_of(broadcast.visibility) if broadcast else None,
        "followers": channel.follows.count(),
        "follow": follow_of(request.user, channel) if isinstance(request.user, User) else None,
        "role": role,
        "events": events,
        "spaces": space_listing.cards(request.user, list(space_listing.live(request.user).filter(channel=channel))),
        "coming_spaces": space_listing.upcoming(request.user, now).filter(channel=channel)[:EVENTS],
        "past": _past(channel)[:PAST],
        "replays": replays.replay_cards(replays.replays_of(channel)[:PAST], now),
        **chat_context(request.user, channel, now),
        **_sold(request.user, channel, now),
        **_support(channel, broadcast, now),
        "sees_ads": may_see_ads(request.user, channel, now),
        "also_live": listing.cards(request.user, also_live, now),
        "ticketed": where_to_buy(broadcast, events),
        **urls,
    }
    if not request.user.is_authenticated:
        context["own_state_url"] = ""
    elif broadcast is not None and (role in CREW or request.user.is_staff):
        # The crew sees what the state for everybody doesn't tell.
        context["state_url"] = context["own_state_url"]
    response = render(request, "pages/watch.html", context)
    if context["sees_ads"]:
        give_key(request, response)
    return response


def _support(channel: Channel, broadcast: Broadcast | None, now: datetime) -> dict[str, Any]:
    """What the channel collects for, and who gave most."""
    if settings.PAYMENTS == "off" or not takes_tips(channel, now):
        return {}
    goal = progress_of(channel, now)
    topic = f"{TOPIC}.{channel.pk}" if goal else ""
    return {"goal": goal, "goal_topic": topic, "supporters": top_supporters(channel, broadcast, now)}


def _sold(viewer: Viewer, channel: Channel, now: datetime) -> dict[str, bool]:
    """What the page offers this viewer for money; a stranger logs in first."""
    if settings.PAYMENTS == "off":
        return {}
    if not isinstance(viewer, User):
        return {"takes_tips": takes_tips(channel, now), "sells_tiers": sells_tiers(channel)}
    may_have = sells_tiers(channel) and may_subscribe(viewer, channel)
    subscribes = may_have and is_subscriber(viewer, channel, now)
    return {"takes_tips": may_tip(viewer, channel, now), "sells_tiers": may_have, "subscribes": subscribes}


def _first_view(state: dict[str, Any] | None) -> str:
    if state is None:
        return "offline"
    if not state["is_admitted"]:
        return "gated"
    return "mature" if state["is_mature"] else "connecting"


@require_safe
def chat(request: HttpRequest, name: str) -> HttpResponse:
    """A channel's chat in a window of its own."""
    channel = _channel_or_404(request, name)
    context = {"channel": channel, **chat_context(request.user, channel, timezone.now())}
    return render(request, "chat/alone.html", context)


@require_safe
def schedule(request: HttpRequest, name: str) -> HttpResponse:
    """What a channel has announced."""
    channel = _channel_or_404(request, name)
    now = timezone.now()
    events = page_of(request, _upcoming(channel, now))
    coming = page_of(request, space_listing.upcoming(request.user, now).filter(channel=channel), name="spaces")
    context = {"channel": channel, "events": events, "page": events, "coming": coming}
    return render(request, "pages/schedule.html", context)


@require_safe
def schedule_calendar(request: HttpRequest, name: str) -> HttpResponse:
    """The same for calendars. Public: it says nothing that the page doesn't."""
    channel = _channel_or_404(request, name)
    now = timezone.now()
    return _calendar(channel_calendar(channel, now, more=events_of(channel, now)), channel.name)


@require_safe
def event(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    scheduled = _scheduled_or_404(request, name, scheduled_id)
    context = {"channel": scheduled.channel, "event": scheduled} | offer_of(request, scheduled, timezone.now())
    if "ticketed" in context:
        context["space"] = space_listing.of_event(context["ticketed"])
    return render(request, "pages/event.html", context)


@require_safe
def event_file(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    scheduled = _scheduled_or_404(request, name, scheduled_id)
    return _calendar(event_calendar(scheduled), f"{name}-{scheduled.starts_at:%Y-%m-%d}")


@require_safe
def past(request: HttpRequest, name: str) -> HttpResponse:
    """What a channel has shown to everybody."""
    channel = _channel_or_404(request, name)
    broadcasts = page_of(request, _past(channel))
    return render(request, "pages/past.html", {"channel": channel, "past": broadcasts, "page": broadcasts})


def _calendar(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}.ics"'
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _upcoming(channel: Channel, now: datetime) -> QuerySet[ScheduledBroadcast]:
    rows = ScheduledBroadcast.objects.upcoming(now).filter(channel=channel)
    return rows.select_related("channel", "category")


def _past(channel: Channel) -> QuerySet[Broadcast]:
    over = Broadcast.objects.on_channel().seen_by_all().filter(channel=channel, state=Broadcast.State.ENDED)
    return over.select_related("channel", "category").order_by("-started_at", "pk")


def _channel_or_404(request: HttpRequest, name: str) -> Channel:
    try:
        return get_watchable_channel(request.user, name)
    except NotWatchable as error:
        raise Http404 from error


def _scheduled_or_404(request: HttpRequest, name: str, scheduled_id: UUID) -> ScheduledBroadcast:
    try:
        return get_scheduled(request.user, name, scheduled_id)
    except NotWatchable as error:
        raise Http404 from error
