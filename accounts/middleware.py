"""What holds on every page for whoever is logged in."""

from collections.abc import Callable
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.adapter import ASK_LEGAL
from accounts.models import User

# Reached by whoever has still to agree or to set up their second factor.
_OPEN = ("/accounts/", "/terms", "/privacy", "/imprint", "/language", "/legal/", "/api/", "/static/")


class HouseRules:
    """The reader's language and zone; a new version of the terms first; staff prove it twice before the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Who brings no session is a stranger: nothing is asked of the database, and nothing varies.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not isinstance(request.user, User):
            return self.get_response(request)
        user: User = request.user
        if user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        if answer := self._detour(request, user):
            return answer
        with timezone.override(ZoneInfo(user.time_zone) if user.time_zone else None):
            return self.get_response(request)

    def _detour(self, request: HttpRequest, user: User) -> HttpResponse | None:
        """Where this request has to go first, if anywhere."""
        if request.path.startswith(_OPEN):
            return None
        if request.session.get(ASK_LEGAL):
            back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
            return redirect(f"{reverse('legal-accept')}?{urlencode({'next': back})}")
        is_admin = request.path.startswith(reverse("admin:index"))
        if is_admin and settings.STAFF_NEEDS_TOTP and user.is_staff and not is_mfa_enabled(user):
            messages.warning(request, _("Administrators log in with a second factor here. Set yours up first."))
            return redirect("mfa_activate_totp")
        return None
