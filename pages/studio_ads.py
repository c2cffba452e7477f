"""The studio's ads: what may be shown, breaks, and what it all brought. What it brought is the owner's to know."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.models import Channel
from accounts.roles import Role, role_on
from ads import actions, reports
from ads.breaks import LONGEST_S, SHORTEST_S, left_s
from ads.models.campaigns import Format
from ads.rules import ads_of, house_rules, share_bp
from pages.answers import refusal_told, user_of
from pages.studio import broadcast_on_air, channel_or_404, frame
from pages.studio_ads_forms import ChannelAdsForm

BREAKS_AN_HOUR = 60
LENGTHS_S = (30, 60, 90, 120, 180)


@require_safe
@never_cache
@login_required
def show(request: HttpRequest, name: str) -> HttpResponse:
    return _render(request, channel_or_404(request, name))


@require_POST
@login_required
def change(request: HttpRequest, name: str) -> HttpResponse:
    """What may be shown here."""
    channel = channel_or_404(request, name)
    form = ChannelAdsForm(request.POST)
    if not form.is_valid():
        return _render(request, channel, form=form)
    actions.choose(channel=channel, wishes=form.cleaned_data, by=user_of(request))
    messages.success(request, _("Saved."))
    return redirect("studio-ads", name)


@require_POST
@login_required
def call(request: HttpRequest, name: str) -> HttpResponse:
    """A break, now."""
    channel, by = channel_or_404(request, name), user_of(request)
    asked = request.POST.get("seconds", "")
    seconds = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else SHORTEST_S
    broadcast = broadcast_on_air(channel)
    if broadcast is None:
        messages.error(request, _("You are not on air."))
        return redirect("studio-ads", name)
    with refusal_told(request):
        limits.count("ad-breaks", channel.pk, at_most=BREAKS_AN_HOUR, within_s=3600)
        actions.call_break(broadcast=broadcast, seconds=min(seconds, LONGEST_S), by=by, now=timezone.now())
        messages.success(request, _("The break begins in ten seconds."))
    return redirect("studio-ads", name)


@require_POST
@login_required
def snooze(request: HttpRequest, name: str) -> HttpResponse:
    """Not now: the schedule's next break waits for some minutes."""
    channel = channel_or_404(request, name)
    actions.snooze(channel=channel, by=user_of(request), now=timezone.now())
    messages.success(request, _("No break by itself within the next five minutes."))
    return redirect("studio-ads", name)


def _render(request: HttpRequest, channel: Channel, **bound: Any) -> HttpResponse:
    now, row, broadcast = timezone.now(), ads_of(channel), broadcast_on_air(channel)
    is_owner = role_on(user_of(request), channel) == Role.OWNER
    labels = dict(Format.choices)
    context = frame(request, channel, "ads") | {
        "form": ChannelAdsForm(instance=row),
        "broadcast": broadcast,
        "left_s": left_s(broadcast, now) if broadcast else house_rules().break_s_an_hour,
        "lengths": LENGTHS_S,
        "has_schedule": row.break_every_min > 0,
        "shares": [(label, share_bp(format, now) // 100) for format, label in Format.choices],
        "is_owner": is_owner,
        "formats": [one | {"label": labels[one["format"]]} for one in reports.earned_by_format(channel)]
        if is_owner
        else [],
        "broadcasts": reports.earned_by_broadcast(channel) if is_owner else [],
    }
    return render(request, "pages/studio/ads.html", context | bound, status=422 if bound else 200)
