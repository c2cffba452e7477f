"""How allauth behaves in this house."""

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmation
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import legal, sealing
from accounts.mail import post_on_commit, to_letter
from accounts.models import Channel, SiteSettings, User
from accounts.names import check_not_reserved
from realtime import close_sockets_of

ASK_LEGAL = "ask_legal"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_taken": _("That name is taken."),
        "username_password_mismatch": _("That name and password don't belong together."),
        "email_password_mismatch": _("That address and password don't belong together."),
        "too_many_login_attempts": _("Too many wrong passwords. Wait five minutes, or have a new one sent."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return SiteSettings.load().sign_up_open

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """No reserved name, nobody else's, and not that of a channel either: people would take one for the other."""
        check_not_reserved(username)
        name = str(super().clean_username(username, shallow))
        if not shallow and Channel.objects.filter(name__iexact=name).exists():
            raise self.validation_error("username_taken")
        return name

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        facts = {"site": SiteSettings.load(), "site_url": settings.PUBLIC_URL, "email": email} | context
        reader = context.get("user") or User.objects.filter(email__iexact=email).first()
        with translation.override(getattr(reader, "language", "") or translation.get_language()):
            post_on_commit(to_letter(self.render_mail(template_prefix, email, facts)))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return settings.PUBLIC_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_reset_password_from_key_url(self, key: str) -> str:
        user, _, token = key.partition("-")
        return settings.PUBLIC_URL + reverse("account_reset_password_from_key", args=[user, token])

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **facts: Any) -> HttpResponse:
        request.session[ASK_LEGAL] = bool(legal.not_yet_accepted(cast(User, user)))
        return cast(HttpResponse, super().post_login(request, user, **facts))

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        super().set_password(user, password)
        transaction.on_commit(lambda: close_sockets_of(cast(int, user.pk)))


class MfaAdapter(DefaultMFAAdapter):
    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return str(user.get_username())

    def get_totp_issuer(self) -> str:
        return SiteSettings.load().name

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)
