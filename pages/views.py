from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.following import follow_of
from accounts.models import Channel, User
from accounts.roles import role_on
from streaming.access import get_watchable_channel
from streaming.errors import NotWatchable
from streaming.models import Broadcast
from streaming.state import describe

CARDS = 48
CHIPS = 24
ALSO_LIVE = 4


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
    context = {
        "channel": channel,
        "broadcast": broadcast,
        "state": {
            "channel": channel.name,
            "broadcast": describe(broadcast, timezone.now()) if broadcast else None,
        },
        "state_url": reverse("channel-state", args=[channel.name]),
        "view": "connecting" if broadcast else "offline",
        "followers": channel.follows.count(),
        "follow": follow_of(request.user, channel) if isinstance(request.user, User) else None,
        "role": role_on(request.user, channel),
        "also_live": _on_air().exclude(channel=channel)[:ALSO_LIVE],
    }
    return render(request, "pages/watch.html", context)


def _on_air() -> QuerySet[Broadcast]:
    return Broadcast.objects.on_air().public().select_related("channel").order_by("-state", "-started_at")
