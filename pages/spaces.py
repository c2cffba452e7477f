"""Spaces: finding one, opening one, and the room itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Visitor
from chat.entering import chat_context
from monetization.tips import may_tip, takes_tips
from pages.answers import refusal_told, user_of
from pages.lists import page_of
from pages.space_forms import SpaceForm
from realtime.errors import CommandRefused
from spaces import actions, chatting, composing, limits, listing, reminding, share_card, telling
from spaces.access import get_hosted, get_presence, get_space
from spaces.calendar import space_calendar
from spaces.errors import NotThere, SpaceError, TooOften
from spaces.models import Audience, Space
from spaces.settings import is_on
from streaming.tags import normalise


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Open Spaces and announced ones, of one topic if asked for."""
    now, topic = timezone.now(), _topic(request)
    live, upcoming = listing.live(request.user), listing.upcoming(request.user, now)
    if topic:
        live, upcoming = listing.about(live, topic), listing.about(upcoming, topic)
    page = page_of(request, live)
    coming = page_of(request, upcoming, name="coming")
    cards = listing.cards(request.user, list(page))
    context = {"page": page, "cards": cards, "coming": coming, "topic": topic, "can_open": is_on()}
    return render(request, "pages/spaces/index.html", context)


def _topic(request: HttpRequest) -> str:
    try:
        return normalise(request.GET["topic"]) if request.GET.get("topic") else ""
    except ValidationError:
        return ""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Open a Space now, or announce one."""
    user, now = user_of(request), timezone.now()
    form = SpaceForm(request.POST or None, user=user, now=now, initial=_wanted(request))
    if request.method == "POST" and form.is_valid():
        plan, channel = form.plan(), form.cleaned_data["channel"]
        make = actions.open_now if plan.starts_at is None else actions.plan
        try:
            return redirect(make(channel=channel, host=user, plan=plan, now=now))
        except SpaceError as error:
            form.add_error(None, str(error.message))
    context = {"form": form, "is_on": is_on(), "has_channel": form.fields["channel"].queryset.exists()}  # type: ignore[attr-defined]
    return render(request, "pages/spaces/new.html", context, status=422 if form.errors else 200)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """`?event=7` asks for a Space of a ticketed event."""
    event = request.GET.get("event", "")
    return {"event": event, "audience": Audience.TICKETS} if event.isdigit() else {}


@require_safe
@never_cache
def show(request: HttpRequest, space_id: UUID) -> HttpResponse:
    """The room, or when it opens, or that it is over; or why it is closed to this visitor."""
    now = timezone.now()
    space = _space_or_404(request.user, space_id)
    return render(request, "pages/spaces/show.html", _context(request.user, space, now))


def _context(viewer: Visitor, space: Space, now: datetime) -> dict[str, Any]:
    try:
        part, denial = get_presence(viewer, space.pk, now).part, ""
    except SpaceError as error:
        part, denial = None, str(error.message)
    context: dict[str, Any] = {
        "space": space,
        "channel": space.channel,
        "topics": space.topics.all(),
        "denial": denial,
        "is_host": isinstance(viewer, User) and viewer.pk == space.host_id,
        "me": telling.describe_part(part),
        "reactions": telling.REACTIONS,
        "takes_tips": _takes_tips(viewer, space, now),
    }
    if space.state == Space.State.PLANNED:
        context["reminds"] = isinstance(viewer, User) and reminding.is_wanted(space, viewer)
        context["reminders"] = space.reminders.count() if context["is_host"] else 0
    if space.state == Space.State.ENDED and not denial:
        context["replays"] = composing.replays_of(space, viewer)
    if space.is_live and not denial:
        context["room"] = telling.describe_room(space)
        context |= chat_context(viewer, space.channel, now, chatting.room_of(space))
    return context


def _takes_tips(viewer: Visitor, space: Space, now: datetime) -> bool:
    """Whether this visitor could give something; a stranger is led to log in first."""
    if settings.PAYMENTS == "off" or not space.is_live:
        return False
    return may_tip(viewer, space.channel, now) if isinstance(viewer, User) else takes_tips(space.channel, now)


@require_safe
def calendar_file(request: HttpRequest, space_id: UUID) -> HttpResponse:
    """One Space, to be put into a calendar by hand."""
    space = _space_or_404(request.user, space_id)
    return HttpResponse(space_calendar(space), content_type="text/calendar; charset=utf-8")


@require_safe
def card(request: HttpRequest, space_id: UUID) -> HttpResponse:
    """The picture that links to it show elsewhere. Its address names the change that it shows."""
    space = _space_or_404(request.user, space_id)
    picture = share_card.kept(space)
    if picture is None:
        try:
            limits.count("card", request.META["REMOTE_ADDR"])
        except TooOften as error:
            return HttpResponse(str(error.message), status=429, content_type="text/plain; charset=utf-8")
        picture = share_card.draw(space)
    response = HttpResponse(picture, content_type="image/png")
    patch_cache_control(response, public=True, max_age=share_card.KEPT_S)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def edit(request: HttpRequest, space_id: UUID) -> HttpResponse:
    """Change what is said of a Space, and who may come."""
    user, now = user_of(request), timezone.now()
    space = _hosted_or_404(user, space_id, now)
    form = SpaceForm(request.POST or None, user=user, now=now, space=space)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(space=space, plan=form.plan(), by=user, now=now)
            messages.success(request, _("Saved."))
            return redirect(space)
        except SpaceError as error:
            form.add_error(None, str(error.message))
    return render(request, "pages/spaces/edit.html", {"form": form, "space": space}, status=422 if form.errors else 200)


@require_POST
@login_required
def remind(request: HttpRequest, space_id: UUID) -> HttpResponse:
    """Be told before it begins, or not after all."""
    user, space = user_of(request), _space_or_404(request.user, space_id)
    with refusal_told(request):
        if request.POST.get("wanted") == "0":
            reminding.forget(space=space, user=user)
        else:
            reminding.remind(space=space, user=user, now=timezone.now())
    return redirect(space)


@require_POST
@login_required
def open_planned(request: HttpRequest, space_id: UUID) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    space = _hosted_or_404(user, space_id, now)
    with refusal_told(request):
        actions.open_planned(space=space, by=user, now=now)
    return redirect(space)


@require_POST
@login_required
def call_off(request: HttpRequest, space_id: UUID) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    space = _hosted_or_404(user, space_id, now)
    with refusal_told(request):
        actions.call_off(space=space, by=user, now=now)
        messages.success(request, _("Called off. Calendars that follow it strike it out."))
    return redirect(space)


def _space_or_404(viewer: Visitor, space_id: UUID) -> Space:
    try:
        return get_space(viewer, space_id)
    except NotThere as error:
        raise Http404 from error


def _hosted_or_404(user: User, space_id: UUID, now: datetime) -> Space:
    try:
        return get_hosted(user, space_id, now).space
    except CommandRefused as error:
        raise Http404 from error
