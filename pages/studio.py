"""The page of those who run a channel: how the broadcast does, what it is called, who sees it, what OBS needs.

Owners and editors come in here; the stream key is the owner's alone.
"""

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
from pages.forms import DetailsForm, VisibilityForm
from streaming import describing, gates, showing
from streaming.access import edited_channels, get_edited_channel, get_own_channel
from streaming.actions import end_broadcast, reset_stream_key
from streaming.errors import NotOnAir
from streaming.health import read_health
from streaming.models import Broadcast, IngestSession


@require_safe
@never_cache
@login_required
def show(request: HttpRequest) -> HttpResponse:
    channel = get_edited_channel(user_of(request), request.GET.get("channel"))
    if channel is None:
        return render(request, "pages/studio_without_channel.html")
    return _render(request, channel)


@require_safe
@never_cache
@login_required
def status(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes by itself, for the page to fetch anew."""
    return render(request, "pages/_studio_status.html", _status(channel_or_404(request)))


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
    channel = channel_or_404(request)
    broadcast = broadcast_on_air(channel)
    if broadcast is not None:
        reason = Broadcast.EndReason.ENDED
        end_broadcast(broadcast=broadcast, now=timezone.now(), reason=reason, by=user_of(request))
        messages.success(request, _("The broadcast has ended. Stop streaming in OBS too, or it begins a new one."))
    return _back_to_studio(channel)


@require_POST
@login_required
def reset_key(request: HttpRequest) -> HttpResponse:
    """Make the present key worthless and drop whoever streams with it."""
    channel = _own_channel_or_404(request)
    reset_stream_key(channel=channel, by=user_of(request), now=timezone.now())
    messages.success(request, _("Your stream key is new. Copy it into OBS before you go live again."))
    return _back_to_studio(channel)


@require_POST
@login_required
def describe(request: HttpRequest) -> HttpResponse:
    """Say what is shown, on air at once and from here on."""
    channel = channel_or_404(request)
    form = DetailsForm(request.POST)
    if not form.is_valid():
        return _render(request, channel, details=form)
    describing.describe_channel_broadcast(channel=channel, details=form.details(), by=user_of(request))
    messages.success(request, _("Saved."))
    return _back_to_studio(channel)


@require_POST
@login_required
def change_visibility(request: HttpRequest) -> HttpResponse:
    """Choose who may see the broadcasts of a channel: the one on air at once, and those after it."""
    channel = channel_or_404(request)
    form = VisibilityForm(request.POST)
    if not form.is_valid():
        return _render(request, channel)
    visibility = form.cleaned_data["visibility"]
    describing.choose_visibility(channel=channel, visibility=visibility, by=user_of(request))
    _show_as(request, channel, visibility)
    return _back_to_studio(channel)


@require_POST
@login_required
def go_public(request: HttpRequest) -> HttpResponse:
    """Lift the curtain. What later broadcasts begin as stays as it was chosen."""
    channel = channel_or_404(request)
    _show_as(request, channel, "public")
    return _back_to_studio(channel)


def _show_as(request: HttpRequest, channel: Channel, visibility: str) -> None:
    broadcast = broadcast_on_air(channel)
    if broadcast is None:
        messages.success(request, _("Saved. Your next broadcast begins that way."))
        return
    try:
        showing.change_visibility(broadcast=broadcast, visibility=visibility, by=user_of(request), now=timezone.now())
        messages.success(request, _("Done. Players go over within a few seconds."))
    except NotOnAir:
        messages.error(request, _("The broadcast had ended already."))


def _render(
    request: HttpRequest, channel: Channel, *, stream_key: str = "", details: DetailsForm | None = None
) -> HttpResponse:
    setup = describing.get_setup(channel)
    status = _status(channel)
    broadcast = status["broadcast"]
    context = status | {
        "tab": "stream",
        "channels": edited_channels(user_of(request)),
        "is_owner": get_own_channel(user_of(request), channel.name) is not None,
        "ingest_url": f"rtmp://{settings.PUBLIC_HOST}:{settings.ENV.rtmp_port}/live",
        "watch_url": settings.PUBLIC_URL + reverse("watch", args=[channel.name]),
        "unlisted_url": settings.PUBLIC_URL + reverse("watch-broadcast", args=[channel.name, broadcast.pk])
        if broadcast
        else "",
        "stream_key": stream_key,
        "details": details or DetailsForm.showing(setup),
        "gates": gates.all_gates(),
        "setup": setup,
        "chosen": broadcast.visibility if broadcast else setup.visibility,
    }
    return render(request, "pages/studio.html", context, status=422 if details else 200)


def _status(channel: Channel) -> dict[str, Any]:
    broadcast = broadcast_on_air(channel)
    sessions = IngestSession.objects.filter(broadcast=broadcast, ended_at__isnull=True)
    return {
        "channel": channel,
        "broadcast": broadcast,
        "gate": gates.gate_of(broadcast.visibility) if broadcast else None,
        "session": sessions.first() if broadcast else None,
        "health": read_health(broadcast) if broadcast else None,
        "refusal": channel.refusals.first(),
    }


def broadcast_on_air(channel: Channel) -> Broadcast | None:
    return Broadcast.objects.select_related("channel").on_air().filter(channel=channel).first()


def channel_or_404(request: HttpRequest) -> Channel:
    """The channel that a page of the studio is about, for those who run it."""
    channel = get_edited_channel(user_of(request), request.GET.get("channel"))
    if channel is None:
        raise Http404
    return channel


def _own_channel_or_404(request: HttpRequest) -> Channel:
    channel = get_own_channel(user_of(request), request.GET.get("channel"))
    if channel is None:
        raise Http404
    return channel


def _back_to_studio(channel: Channel) -> HttpResponse:
    return redirect(f"{reverse('studio')}?channel={channel.name}")


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
