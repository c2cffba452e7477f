"""People as others see them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.access import get_person, is_blocked
from accounts.models import Channel, User
from pages.answers import or_404, refusal_told, user_of
from spaces import listing as space_listing

SPACES = 6


@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    """A profile: who this is, where they speak at the moment, and which channels are theirs."""
    with or_404():
        person = get_person(name)
    visitor = request.user if isinstance(request.user, User) else None
    context = {
        "person": person,
        "channels": Channel.objects.filter(owner=person, is_suspended=False),
        "spaces": space_listing.cards(request.user, list(space_listing.spoken_by(request.user, person)[:SPACES])),
        "is_self": visitor == person,
        "is_blocked": visitor is not None and is_blocked(person, by=visitor),
    }
    return render(request, "pages/person.html", context)


@require_POST
@login_required
def block(request: HttpRequest, name: str) -> HttpResponse:
    """Keep somebody away, or no longer: `block` says which."""
    with or_404():
        person = get_person(name)
    with refusal_told(request):
        if request.POST.get("block") == "1":
            actions.block(user=user_of(request), other=person)
            messages.success(request, _("%(name)s is blocked.") % {"name": person.username})
        else:
            actions.unblock(user=user_of(request), other=person)
    return redirect("person", person.username)
