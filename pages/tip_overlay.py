"""The overlays of tips: the key in the address says of which channel, cookies say nothing."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from monetization import tip_overlays
from monetization.goals import progress_of

KINDS = ("goal", "alerts")


@require_safe
@never_cache
def show(request: HttpRequest, key: str, what: str) -> HttpResponse:
    """A transparent page for OBS. An address that is worthless says so, as small as can be: it may be on air."""
    if what not in KINDS or settings.PAYMENTS == "off":
        raise Http404
    channel = tip_overlays.find_channel(key)
    context: dict[str, Any] = {"what": what, "channel": channel, "is_gone": channel is None}
    if channel is not None:
        context |= {"topic": f"{tip_overlays.PREFIX}.{key}", "progress": progress_of(channel, timezone.now())}
    response = render(request, "pages/overlays/tips.html", context, status=200 if channel else 404)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
