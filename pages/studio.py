"""The owner's own page: what to paste into OBS, how the broadcast is doing, and the two big buttons."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Channel, User
from streaming.access import get_own_channel
from streaming.actions import end_broadcast, reset_stream_key
from streaming.health import read_health
from streaming.models import Broadcast, IngestSession


@require_safe
@never_cache
@login_required
def show(request: HttpRequest) -> HttpResponse:
    channel = _own_channel(request)
    if channel is None:
        return render(request, "pages/studio_without_channel.html")
    return _render(request, channel)


@require_safe
@never_cache
@login_required
def status(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes by itself, for the page to fetch anew."""
    return render(request, "pages/_studio_status.html", _status(_own_channel_or_404(request)))


@require_POST
@never_cache
@login_required
def show_key(request: HttpRequest) -> HttpResponse:
    """The stream key, given only when asked for: as JSON to the page, as the page itself without scripts."""
    channel = _own_channel_or_404(request)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"stream_key": channel.stream_key})
    return _render(request, channel, stream_key=channel.stream_key)


@require_POST
@login_required
def end(request: HttpRequest) -> HttpResponse:
    """End the broadcast on air, for good."""
    channel = _own_channel_or_404(request)
    broadcast = _broadcast_on_air(channel)
    if broadcast is not None:
        reason = Broadcast.EndReason.ENDED
        end_broadcast(broadcast=broadcast, now=timezone.now(), reason=reason, by=_user(request))
        messages.success(request, _("The broadcast has ended. Stop streaming in OBS too, or it begins a new one."))
    return _back_to_studio(channel)


@require_POST
@login_required
def reset_key(request: HttpRequest) -> HttpResponse:
    """Make the present key worthless and drop whoever streams with it."""
    channel = _own_channel_or_404(request)
    reset_stream_key(channel=channel, by=_user(request), now=timezone.now())
    messages.success(request, _("Your stream key is new. Copy it into OBS before you go live again."))
    return _back_to_studio(channel)


def _render(request: HttpRequest, channel: Channel, *, stream_key: str = "") -> HttpResponse:
    context = _status(channel) | {
        "channels": Channel.objects.filter(owner=_user(request)),
        "ingest_url": f"rtmp://{settings.PUBLIC_HOST}:{settings.ENV.rtmp_port}/live",
        "watch_url": settings.PUBLIC_URL + reverse("watch", args=[channel.name]),
        "stream_key": stream_key,
    }
    return render(request, "pages/studio.html", context)


def _status(channel: Channel) -> dict[str, Any]:
    broadcast = _broadcast_on_air(channel)
    sessions = IngestSession.objects.filter(broadcast=broadcast, ended_at__isnull=True)
    return {
        "channel": channel,
        "broadcast": broadcast,
        "session": sessions.first() if broadcast else None,
        "health": read_health(broadcast) if broadcast else None,
        "refusal": channel.refusals.first(),
    }


def _broadcast_on_air(channel: Channel) -> Broadcast | None:
    return Broadcast.objects.select_related("channel").on_air().filter(channel=channel).first()


def _own_channel(request: HttpRequest) -> Channel | None:
    return get_own_channel(_user(request), request.GET.get("channel"))


def _own_channel_or_404(request: HttpRequest) -> Channel:
    channel = _own_channel(request)
    if channel is None:
        raise Http404
    return channel


def _back_to_studio(channel: Channel) -> HttpResponse:
    return redirect(f"{reverse('studio')}?channel={channel.name}")


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
