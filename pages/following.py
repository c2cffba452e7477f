"""The follow button, and the page of what one follows."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import following, limits
from accounts.access import get_own_follow, get_public_channel
from accounts.errors import AccountsError
from accounts.models import Follow
from pages.answers import back_to, or_404, user_of, wants_json
from pages.forms import FollowForm
from pages.lists import page_of

A_MINUTE = 30


@require_POST
@login_required
def follow(request: HttpRequest, name: str) -> HttpResponse:
    """Follow a channel, or no longer: `follow` says which."""
    user = user_of(request)
    with or_404():
        channel = get_public_channel(name)
    wanted = request.POST.get("follow") == "1"
    try:
        limits.count("follows", user.pk, at_most=A_MINUTE, within_s=60)
        if wanted:
            following.follow(channel=channel, user=user)
        else:
            following.unfollow(channel=channel, user=user)
    except AccountsError as error:
        if wants_json(request):
            return JsonResponse({"error": str(error.message)}, status=409)
        messages.error(request, str(error.message))
        return redirect("watch", name)
    if wants_json(request):
        return JsonResponse({"following": wanted, "followers": channel.follows.count()})
    return redirect("watch", name)


@require_safe
@never_cache
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """What one follows, and how one is told of each."""
    rows = Follow.objects.filter(user=user_of(request), channel__is_suspended=False).select_related("channel")
    return render(request, "pages/following.html", {"page": page_of(request, rows)})


@require_POST
@login_required
def change(request: HttpRequest, follow_id: int) -> HttpResponse:
    """How one is told of a channel."""
    with or_404():
        row = get_own_follow(user_of(request), follow_id)
    form = FollowForm(request.POST, instance=row)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
    return back_to(request, "/following/")


@require_POST
@login_required
def leave(request: HttpRequest, follow_id: int) -> HttpResponse:
    with or_404():
        row = get_own_follow(user_of(request), follow_id)
    following.unfollow(channel=row.channel, user=row.user)
    return back_to(request, "/following/")
