"""The house on one screen, for those who run it: what is on air, what waits, what is full, and what needs somebody."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pages import house


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """For staff, by the admin's own door. Costs the same however much is on, and stands while Redis is away."""
    now = timezone.now()
    beats = house.read_beats(now)
    live = house.read_live()
    rows, disks = house.read_rows(), house.read_disks()
    context = admin.site.each_context(request) | {
        "title": _("Overview"),
        "at": now,
        "live": live,
        "queues": house.read_queues(),
        "beats": beats,
        "rows": rows,
        "disks": disks,
        "troubles": [*house.troubles_of(live, beats), *(figure for figure in [*rows, *disks] if figure.is_bad)],
    }
    return render(request, "admin/overview.html", context)
