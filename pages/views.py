from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Channel
from pages import replays
from streaming.access import get_watchable_broadcast, get_watchable_channel
from streaming.errors import NotWatchable
from streaming.models import Broadcast
from streaming.state import describe

CARDS = 48
CHIPS = 24
ALSO_LIVE = 4
REPLAYS = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Who is on air, then whose stage is dark."""
    broadcasts = list(_on_air()[:CARDS])
    on_air = [broadcast.channel_id for broadcast in broadcasts]
    offline = Channel.objects.filter(is_suspended=False).exclude(pk__in=on_air)[:CHIPS]
    return render(request, "pages/home.html", {"broadcasts": broadcasts, "offline_channels": offline})


@require_safe
def watch(request: HttpRequest, name: str) -> HttpResponse:
    """A channel's page: what it shows now, and the player that follows it from here on."""
    try:
        channel = get_watchable_channel(request.user, name)
    except NotWatchable as error:
        raise Http404 from error
    broadcast = Broadcast.objects.select_related("channel").on_air().filter(channel=channel).first()
    return _watch(request, channel, broadcast, reverse("channel-state", args=[channel.name]))


@require_safe
def watch_broadcast(request: HttpRequest, name: str, broadcast_id: UUID) -> HttpResponse:
    """One broadcast by its own address: live while it lasts, then its recording."""
    try:
        broadcast = get_watchable_broadcast(request.user, broadcast_id)
    except NotWatchable as error:
        raise Http404 from error
    if broadcast.channel.name != name:
        raise Http404
    if not broadcast.is_on_air:
        return replays.show(request, broadcast)
    return _watch(request, broadcast.channel, broadcast, reverse("channel-state", args=[name]))


def _watch(request: HttpRequest, channel: Channel, broadcast: Broadcast | None, state_url: str) -> HttpResponse:
    context = {
        "channel": channel,
        "broadcast": broadcast,
        "state": {
            "channel": channel.name,
            "broadcast": describe(broadcast, timezone.now()) if broadcast else None,
        },
        "state_url": state_url,
        "view": "connecting" if broadcast else "offline",
        "also_live": _on_air().exclude(channel=channel)[:ALSO_LIVE],
        "replays": replays.replays_of(channel)[:REPLAYS],
    }
    return render(request, "pages/watch.html", context)


def _on_air() -> QuerySet[Broadcast]:
    return Broadcast.objects.on_air().public().select_related("channel").order_by("-state", "-started_at")
