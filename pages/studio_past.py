"""What those who run a channel change about a broadcast that is over."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pages.answers import user_of
from pages.broadcast_forms import VisibilityForm
from pages.studio_figures import broadcast_or_404
from streaming import showing


@require_POST
@login_required
def change_visibility(request: HttpRequest, name: str, broadcast_id: UUID) -> HttpResponse:
    """Choose who may watch it from now on; addresses given out before lead nowhere."""
    broadcast = broadcast_or_404(request, name, broadcast_id)
    form = VisibilityForm(request.POST)
    if form.is_valid():
        visibility = form.cleaned_data["visibility"]
        showing.change_visibility(broadcast=broadcast, visibility=visibility, by=user_of(request), now=timezone.now())
        messages.success(request, _("Done. It holds for the page and for all of the recording."))
    else:
        messages.error(request, _("Choose one of these."))
    return redirect("studio-broadcast", name, broadcast_id)
