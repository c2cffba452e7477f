"""Raids in the studio: sending one's viewers on, and from whom one takes those of others."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chat import actions
from chat.access import get_counting_raid, get_raid_target
from pages.answers import refusal_told, user_of
from pages.chat_forms import RaidSetupForm
from pages.studio import channel_or_404


@require_POST
@login_required
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Announce a raid to the channel of this name."""
    channel = channel_or_404(request, name)
    with refusal_told(request):
        target = get_raid_target(request.POST.get("target"))
        actions.announce_raid(source=channel, target=target, by=user_of(request), now=timezone.now())
    return redirect("studio-channel", channel.name)


@require_POST
@login_required
def cancel(request: HttpRequest, name: str) -> HttpResponse:
    channel = channel_or_404(request, name)
    with refusal_told(request):
        actions.cancel_raid(raid=get_counting_raid(channel), by=user_of(request), now=timezone.now())
        messages.success(request, _("The raid is called off."))
    return redirect("studio-channel", channel.name)


@require_POST
@login_required
def choose(request: HttpRequest, name: str) -> HttpResponse:
    """Say from whom raids are taken."""
    channel = channel_or_404(request, name)
    form = RaidSetupForm(request.POST, prefix="raid")
    if form.is_valid():
        actions.choose_raids_from(channel=channel, raids_from=form.cleaned_data["raids_from"], by=user_of(request))
        messages.success(request, _("Saved."))
    return redirect("studio-chat", channel.name)
