"""The studio's figures: what the encoder sends now, and what came of each broadcast."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pages.answers import user_of
from pages.lists import page_of
from pages.studio import broadcast_on_air, channel_or_404, frame
from streaming import gates
from streaming.access import get_edited_broadcast
from streaming.errors import NotWatchable
from streaming.health import read_rates
from streaming.models import Broadcast
from streaming.statistics import figures_of, plots_of, with_figures


@require_safe
@never_cache
@login_required
def rates(request: HttpRequest, name: str) -> HttpResponse:
    """Bitrates of the last minutes, for a plot: seconds since 1970 and Mb/s."""
    broadcast = broadcast_on_air(channel_or_404(request, name))
    known = read_rates(broadcast) if broadcast else []
    return JsonResponse(
        {"at": [rate.at for rate in known], "bitrate": [round(rate.bitrate_bps / 1e6, 2) for rate in known]}
    )


@require_safe
@never_cache
@login_required
def current(request: HttpRequest, name: str) -> HttpResponse:
    """Viewers and delay over the broadcast on air, nothing while there is none."""
    broadcast = broadcast_on_air(channel_or_404(request, name))
    return JsonResponse(plots_of(broadcast) if broadcast else {"at": []})


@require_safe
@never_cache
@login_required
def past(request: HttpRequest, name: str) -> HttpResponse:
    """What a channel has shown, and to how many."""
    channel = channel_or_404(request, name)
    broadcasts = Broadcast.objects.on_channel().filter(channel=channel).select_related("channel", "category")
    page = page_of(request, with_figures(broadcasts).order_by("-started_at", "pk"))
    rows = [(broadcast, figures_of(broadcast), gates.gate_of(broadcast.visibility)) for broadcast in page]
    context = frame(request, channel, "broadcasts") | {"rows": rows, "page": page}
    return render(request, "pages/studio/broadcasts.html", context)


@require_safe
@never_cache
@login_required
def show(request: HttpRequest, name: str, broadcast_id: UUID) -> HttpResponse:
    """One broadcast in figures."""
    broadcast = broadcast_or_404(request, name, broadcast_id)
    counted = with_figures(Broadcast.objects.filter(pk=broadcast.pk)).get()
    context = frame(request, broadcast.channel, "broadcasts") | {
        "broadcast": broadcast,
        "figures": figures_of(counted),
        "gate": gates.gate_of(broadcast.visibility),
        "gates": gates.choices(broadcast.visibility),
        "has_plots": broadcast.minutes.exists(),
    }
    return render(request, "pages/studio/broadcast.html", context)


@require_safe
@never_cache
@login_required
def plots(request: HttpRequest, name: str, broadcast_id: UUID) -> HttpResponse:
    """Viewers and delay over a broadcast, as streaming.statistics tells them."""
    return JsonResponse(plots_of(broadcast_or_404(request, name, broadcast_id)))


def broadcast_or_404(request: HttpRequest, name: str, broadcast_id: UUID) -> Broadcast:
    try:
        return get_edited_broadcast(user_of(request), name, broadcast_id)
    except NotWatchable as error:
        raise Http404 from error
