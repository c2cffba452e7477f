"""The page of those who work on a channel: how the broadcast does, what it is called, who sees it, what OBS needs.

Owner and editors run it, the stream key is the owner's alone; moderators see how the broadcast is doing, and no more.
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
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_crew_channel, get_editable_channel, get_owned_channel
from accounts.models import Channel
from accounts.roles import EDITORS, Role, role_on
from chat.models import Raid
from pages.answers import or_404, user_of
from pages.broadcast_forms import DetailsForm, VisibilityForm
from spaces.settings import is_on as has_sfu
from streaming import describing, gates, listing, showing
from streaming.access import edited_channels
from streaming.actions import end_broadcast, reset_stream_key
from streaming.errors import NotOnAir
from streaming.health import read_health
from streaming.models import Broadcast, IngestSession, Visibility

RAIDABLE = 20
GOES_OVER = gettext_lazy("Done. Players go over within a few seconds.")


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
    channel = own_channel_or_404(request, name)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"stream_key": channel.stream_key})
    return _render(request, channel, stream_key=channel.stream_key)


@require_POST
@login_required
def end(request: HttpRequest, name: str) -> HttpResponse:
    """End the broadcast on air, for good."""
    channel = channel_or_404(request, name)
    broadcast = broadcast_on_air(channel)
    if broadcast is not None:
        reason = Broadcast.EndReason.ENDED
        end_broadcast(broadcast=broadcast, now=timezone.now(), reason=reason, by=user_of(request))
        messages.success(request, _("The broadcast has ended. Stop streaming in OBS too, or it begins a new one."))
    return redirect("studio-channel", channel.name)


@require_POST
@login_required
def reset_key(request: HttpRequest, name: str) -> HttpResponse:
    """Make the present key worthless and drop whoever streams with it."""
    channel = own_channel_or_404(request, name)
    reset_stream_key(channel=channel, by=user_of(request), now=timezone.now())
    messages.success(request, _("Your stream key is new. Copy it into OBS before you go live again."))
    return redirect("studio-channel", channel.name)


@require_POST
@login_required
def describe(request: HttpRequest, name: str) -> HttpResponse:
    """Say what is shown, on air at once and from here on."""
    channel = channel_or_404(request, name)
    form = DetailsForm(request.POST)
    if not form.is_valid():
        return _render(request, channel, details=form)
    describing.describe_channel_broadcast(channel=channel, details=form.details(), by=user_of(request))
    messages.success(request, _("Saved."))
    return redirect("studio-channel", channel.name)


@require_POST
@login_required
def change_visibility(request: HttpRequest, name: str) -> HttpResponse:
    """Choose who may see the broadcasts of a channel: the one on air at once, and those after it."""
    channel = channel_or_404(request, name)
    form = VisibilityForm(request.POST)
    if not form.is_valid():
        return _render(request, channel)
    visibility = form.cleaned_data["visibility"]
    if gates.gate_of(visibility).is_choosable:
        describing.choose_visibility(channel=channel, visibility=visibility, by=user_of(request))
    broadcast = broadcast_on_air(channel)
    if broadcast is None:
        messages.success(request, _("Saved. Your next broadcast begins that way."))
    else:
        showing.change_visibility(broadcast=broadcast, visibility=visibility, by=user_of(request), now=timezone.now())
        messages.success(request, GOES_OVER)
    return redirect("studio-channel", channel.name)


@require_POST
@login_required
def go_public(request: HttpRequest, name: str) -> HttpResponse:
    """Lift the curtain. What later broadcasts begin as stays as it was chosen."""
    channel = channel_or_404(request, name)
    broadcast = broadcast_on_air(channel)
    try:
        if broadcast is None:
            raise NotOnAir
        showing.go_public(broadcast=broadcast, by=user_of(request), now=timezone.now())
        messages.success(request, GOES_OVER)
    except NotOnAir:
        messages.error(request, _("The broadcast had ended already."))
    return redirect("studio-channel", channel.name)


def _render(
    request: HttpRequest, channel: Channel, *, stream_key: str = "", details: DetailsForm | None = None
) -> HttpResponse:
    setup = describing.get_setup(channel)
    status = _status(request, channel)
    broadcast = status["broadcast"]
    chosen = broadcast.visibility if broadcast else setup.visibility
    context = (
        frame(request, channel, "stream")
        | status
        | _raid(request, channel)
        | {
            "ingest_url": settings.ENV.public_ingest_url,
            "watch_url": settings.PUBLIC_URL + reverse("watch", args=[channel.name]),
            "unlisted_url": settings.PUBLIC_URL + reverse("watch-broadcast", args=[channel.name, broadcast.pk])
            if broadcast
            else "",
            "stream_key": stream_key,
            "details": details or DetailsForm.showing(setup),
            "gates": gates.choices(chosen),
            "has_sfu": has_sfu(),
            "setup": setup,
            "chosen": chosen,
        }
    )
    return render(request, "pages/studio.html", context, status=422 if details else 200)


def _raid(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """What the panel about raids shows: the one that counts down, and who is live to be raided."""
    live = listing.on_air(request.user).filter(visibility=Visibility.PUBLIC).exclude(channel=channel)
    names = live.prefetch_related(None).values_list("channel__name", flat=True)
    raid = Raid.objects.counting().select_related("target").filter(source=channel).first()
    return {"raid": raid, "raidable": names[:RAIDABLE]}


def frame(request: HttpRequest, channel: Channel, tab: str) -> dict[str, Any]:
    """What every page of the studio shows: the channel, the person's others, and the tabs."""
    user = user_of(request)
    return {"tab": tab, "channel": channel, "channels": edited_channels(user), "role": role_on(user, channel)}


def _status(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    broadcast = broadcast_on_air(channel)
    sessions = IngestSession.objects.filter(broadcast=broadcast, ended_at__isnull=True)
    role = role_on(user_of(request), channel)
    return {
        "channel": channel,
        "role": role,
        "is_owner": role == Role.OWNER,
        "can_edit": role in EDITORS,
        "broadcast": broadcast,
        "gate": gates.gate_of(broadcast.visibility) if broadcast else None,
        "session": sessions.first() if broadcast else None,
        "health": read_health(broadcast) if broadcast else None,
        "refusal": channel.refusals.first(),
    }


def broadcast_on_air(channel: Channel) -> Broadcast | None:
    return Broadcast.objects.select_related("channel").on_air().on_channel().filter(channel=channel).first()


def channel_or_404(request: HttpRequest, name: str) -> Channel:
    """The channel that a page of the studio is about, for those who run it."""
    with or_404():
        return get_editable_channel(user_of(request), name)


def own_channel_or_404(request: HttpRequest, name: str) -> Channel:
    with or_404():
        return get_owned_channel(user_of(request), name)
