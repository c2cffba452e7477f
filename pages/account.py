"""A person's own settings."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, deletion, limits
from accounts.access import get_own_block, get_person
from accounts.errors import AccountsError, TooMany, WrongPassword
from accounts.models import Block, User
from pages.answers import or_404, user_of
from pages.forms import NotificationForm, PasswordForm, PersonForm, ProfileForm
from pages.lists import page_of

PICTURES_AN_HOUR = 20
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


@read_or_post
@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = ProfileForm(request.POST or None, request.FILES or None, instance=user)
    if request.method == "POST" and form.is_valid():
        try:
            _save_profile(user, form)
        except AccountsError as error:
            form.add_error("picture", str(error.message))
        else:
            return _saved_profile(request, form)
    return render(request, "pages/settings/profile.html", {"form": form})


def _saved_profile(request: HttpRequest, form: ProfileForm) -> HttpResponse:
    """Say so in the language that was just chosen; who leaves it to the browser leaves it to no cookie."""
    chosen = form.cleaned_data["language"]
    with translation.override(chosen or translation.get_language()):
        messages.success(request, _("Saved."))
    response = redirect("settings")
    if "language" in form.changed_data and not chosen:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


def _save_profile(user: User, form: ProfileForm) -> None:
    facts = form.cleaned_data
    if facts["picture"]:
        limits.count("pictures", user.pk, at_most=PICTURES_AN_HOUR, within_s=3600)
    if facts["picture"] or facts.get("remove_picture"):
        actions.set_avatar(user=user, picture=facts["picture"])
    actions.edit_profile(user=user, changes={name: facts[name] for name in ProfileForm.Meta.fields})


@read_or_post
@never_cache
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """Which news of followed channels and of Spaces come, and how."""
    user = user_of(request)
    initial = {name: getattr(user, name) for name in NotificationForm.base_fields}
    form = NotificationForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.edit_profile(user=user, changes=form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("settings-notifications")
    return render(request, "pages/settings/notifications.html", {"form": form})


@read_or_post
@never_cache
@login_required
def blocks(request: HttpRequest) -> HttpResponse:
    """Whom one keeps away."""
    user = user_of(request)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            other = get_person(form.cleaned_data["username"])
            actions.block(user=user, other=other)
        except AccountsError as error:
            form.add_error("username", str(error.message))
        else:
            messages.success(request, _("%(name)s is blocked.") % {"name": other.username})
            return redirect("settings-blocks")
    rows = Block.objects.filter(blocker=user).select_related("blocked")
    return render(request, "pages/settings/blocks.html", {"form": form, "page": page_of(request, rows)})


@require_POST
@login_required
def unblock(request: HttpRequest, block_id: int) -> HttpResponse:
    with or_404():
        row = get_own_block(user_of(request), block_id)
    actions.unblock(user=row.blocker, other=row.blocked)
    messages.success(request, _("%(name)s is no longer blocked.") % {"name": row.blocked.username})
    return redirect("settings-blocks")


@require_safe
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Data, sessions and the way out."""
    return _account_page(request, PasswordForm())


@require_POST
@login_required
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log out everywhere, here too."""
    actions.end_sessions(user=user_of(request))
    logout(request)
    messages.success(request, _("You are logged out on all devices."))
    return redirect("account_login")


@require_POST
@never_cache
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """All that is known of oneself, as a zip of JSON."""
    user = user_of(request)
    try:
        limits.count("exports", user.pk, at_most=5, within_s=3600)
    except AccountsError as error:
        messages.error(request, str(error.message))
        return redirect("settings-account")
    name = f"estrade-{user.username}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(deletion.export_account(user), content_type="application/zip", headers=headers)


@sensitive_post_parameters("password")
@require_POST
@never_cache
@login_required
def delete(request: HttpRequest) -> HttpResponse:
    """The end of an account, once its password was given."""
    user = user_of(request)
    form = PasswordForm(request.POST)
    if form.is_valid():
        try:
            limits.count("password", user.pk, at_most=5, within_s=300)
            deletion.delete_account(user=user, password=form.cleaned_data["password"], now=timezone.now())
        except AccountsError as error:
            form.add_error("password" if isinstance(error, TooMany | WrongPassword) else None, str(error.message))
        else:
            logout(request)
            messages.success(request, _("Your account is deleted. Thank you for having been here."))
            return redirect("home")
    return _account_page(request, form)


def _account_page(request: HttpRequest, form: PasswordForm) -> HttpResponse:
    context = {"form": form, "announcements": deletion.announcements(), "channels": user_of(request).channels.all()}
    return render(request, "pages/settings/account.html", context)
