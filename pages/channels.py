"""The channels somebody works on: the list, opening one, describing it, and its crew."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, limits
from accounts.access import (
    channels_of,
    get_crew_channel,
    get_editable_channel,
    get_own_role,
    get_owned_channel,
    get_person,
    get_role,
    roles_of,
)
from accounts.errors import AccountsError
from accounts.models import Channel, ChannelRole, SiteSettings
from accounts.roles import role_on
from pages.answers import or_404, user_of
from pages.forms import AppointForm, ChannelForm, OpenChannelForm
from pages.lists import page_of

PICTURES_AN_HOUR = 20
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@never_cache
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Every channel that one owns or has a role on."""
    if name := request.GET.get("channel"):
        with or_404():
            return redirect("studio-channel", get_crew_channel(user_of(request), name).name)
    user = user_of(request)
    page = page_of(request, channels_of(user))
    given = roles_of(user)
    rows = [
        (channel, ChannelRole.Role.OWNER if channel.owner_id == user.pk else ChannelRole.Role(given[channel.pk]))
        for channel in page
        if channel.owner_id == user.pk or channel.pk in given
    ]
    return render(request, "pages/channels/index.html", {"page": page, "rows": rows})


@read_or_post
@never_cache
@login_required
def open_channel(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = OpenChannelForm(request.POST if request.method == "POST" else None, initial={"name": user.username.lower()})
    if request.method == "POST" and form.is_valid():
        try:
            limits.count("channels", user.pk, at_most=20, within_s=3600)
            channel = actions.open_own_channel(owner=user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        except AccountsError as error:
            form.add_error("name", str(error.message))
        else:
            if channel.is_pending:
                messages.success(request, _("Your channel waits for approval. You will be told here."))
            else:
                messages.success(request, _("Your channel is open. Connect your encoder, and go live."))
            return redirect("studio-channel", channel.name)
    context = {"form": form, "needs_approval": SiteSettings.load().channels_need_approval}
    return render(request, "pages/channels/open.html", context)


@read_or_post
@never_cache
@login_required
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """What the channel says about itself."""
    user = user_of(request)
    with or_404():
        channel = get_editable_channel(user, name)
    form = ChannelForm(request.POST or None, request.FILES or None, instance=channel)
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, channel, form)
        except ValidationError as error:
            form.add_error(None, error.messages)
        except AccountsError as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("studio-edit", name)
    context = {"form": form, "channel": channel, "role": role_on(user, channel)}
    return render(request, "pages/channels/edit.html", context)


def _save(request: HttpRequest, channel: Channel, form: ChannelForm) -> None:
    user, facts = user_of(request), form.cleaned_data
    actions.edit_channel(channel=channel, by=user, changes={name: facts[name] for name in ChannelForm.Meta.fields})
    if facts["avatar"] or facts["banner"]:
        limits.count("pictures", user.pk, at_most=PICTURES_AN_HOUR, within_s=3600)
    if facts["avatar"] or facts.get("remove_avatar"):
        actions.set_channel_picture(channel=channel, which="avatar", picture=facts["avatar"], by=user)
    if facts["banner"] or facts.get("remove_banner"):
        actions.set_channel_picture(channel=channel, which="banner", picture=facts["banner"], by=user)


@read_or_post
@never_cache
@login_required
def crew(request: HttpRequest, name: str) -> HttpResponse:
    """Who works on the channel; the owner appoints by name."""
    user = user_of(request)
    with or_404():
        channel = get_owned_channel(user, name)
    form = AppointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        role = ChannelRole.Role(form.cleaned_data["role"])
        try:
            limits.count("appointments", user.pk, at_most=60, within_s=3600)
            other = get_person(form.cleaned_data["username"])
            actions.appoint(channel=channel, user=other, role=role, by=user, now=timezone.now())
        except AccountsError as error:
            form.add_error("username", str(error.message))
        else:
            facts = {"name": other.username, "role": role.label}
            messages.success(request, _("%(name)s is now %(role)s.") % facts)
            return redirect("studio-crew", name)
    page = page_of(request, channel.roles.select_related("user"))
    context = {"form": form, "channel": channel, "page": page, "role": ChannelRole.Role.OWNER}
    return render(request, "pages/channels/crew.html", context)


@require_POST
@login_required
def dismiss(request: HttpRequest, name: str, role_id: int) -> HttpResponse:
    with or_404():
        role = get_role(get_owned_channel(user_of(request), name), role_id)
    actions.dismiss(role=role, by=user_of(request), now=timezone.now())
    messages.success(request, _("%(name)s has no role any more.") % {"name": role.user.username})
    return redirect("studio-crew", name)


@require_POST
@login_required
def resign(request: HttpRequest, name: str) -> HttpResponse:
    """Give back one's own role."""
    with or_404():
        role = get_own_role(user_of(request), name)
    actions.resign(role=role)
    messages.success(request, _("You no longer work on %(name)s.") % {"name": name})
    return redirect("studio")
