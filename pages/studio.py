"""A channel's control room: what to paste into OBS, how the broadcast is doing, and the two big buttons.

Owner and editors run it; moderators see how the broadcast is doing, and no more.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_crew_channel, get_editable_channel
from accounts.models import Channel
from accounts.roles import EDITORS, role_on
from pages.answers import or_404, user_of
from streaming.actions import end_broadcast, reset_stream_key
from streaming.health import read_health
from streaming.models import Broadcast, IngestSession


@require_safe
@never_cache
@login_required
def show(request: HttpRequest, name: str) -> HttpResponse:
    with or_404():
        channel = get_crew_channel(user_of(request), name)
    return _render(request, channel)


@require_safe
@never_cache
@login_required
def status(request: HttpRequest, name: str) -> HttpResponse:
    """The part of the page that changes by itself, for the page to fetch anew."""
    with or_404():
        channel = get_crew_channel(user_of(request), name)
    return render(request, "pages/_studio_status.html", _status(request, channel))


@require_POST
@never_cache
@login_required
def show_key(request: HttpRequest, name: str) -> HttpResponse:
    """The stream key, given only when asked for: as JSON to the page, as the page itself without scripts."""
    with or_404():
        channel = get_editable_channel(user_of(request), name)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"stream_key": channel.stream_key})
    return _render(request, channel, stream_key=channel.stream_key)


@require_POST
@login_required
def end(request: HttpRequest, name: str) -> HttpResponse:
    """End the broadcast on air, for good."""
    with or_404():
        channel = get_editable_channel(user_of(request), name)
    broadcast = _broadcast_on_air(channel)
    if broadcast is not None:
        reason = Broadcast.EndReason.ENDED
        end_broadcast(broadcast=broadcast, now=timezone.now(), reason=reason, by=user_of(request))
        messages.success(request, _("The broadcast has ended. Stop streaming in OBS too, or it begins a new one."))
    return redirect("studio-channel", channel.name)


@require_POST
@login_required
def reset_key(request: HttpRequest, name: str) -> HttpResponse:
    """Make the present key worthless and drop whoever streams with it."""
    with or_404():
        channel = get_editable_channel(user_of(request), name)
    reset_stream_key(channel=channel, by=user_of(request), now=timezone.now())
    messages.success(request, _("Your stream key is new. Copy it into OBS before you go live again."))
    return redirect("studio-channel", channel.name)


def _render(request: HttpRequest, channel: Channel, *, stream_key: str = "") -> HttpResponse:
    context = _status(request, channel) | {
        "ingest_url": f"rtmp://{settings.PUBLIC_HOST}:{settings.ENV.rtmp_port}/live",
        "watch_url": settings.PUBLIC_URL + reverse("watch", args=[channel.name]),
        "stream_key": stream_key,
    }
    return render(request, "pages/studio.html", context)


def _status(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    broadcast = _broadcast_on_air(channel)
    sessions = IngestSession.objects.filter(broadcast=broadcast, ended_at__isnull=True)
    role = role_on(user_of(request), channel)
    return {
        "channel": channel,
        "role": role,
        "can_edit": role in EDITORS,
        "broadcast": broadcast,
        "session": sessions.first() if broadcast else None,
        "health": read_health(broadcast) if broadcast else None,
        "refusal": channel.refusals.first(),
    }


def _broadcast_on_air(channel: Channel) -> Broadcast | None:
    return Broadcast.objects.select_related("channel").on_air().filter(channel=channel).first()
