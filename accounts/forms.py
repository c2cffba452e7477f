"""The forms of log-in and sign-up."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import legal
from accounts.models import User


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = _("User name or e-mail")
        login.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none", "autofocus": True}


class SignupForm(allauth_forms.SignupForm):
    """With what has to be agreed to, when there is something."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        self.fields["email"].help_text = _("We send a link there. Nobody else sees it.")
        self.fields["username"].label = _("User name")
        self.fields["username"].help_text = _("2 to 32 letters, digits, - and _. Others see it.")
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = _("At least 8 characters. A few words make a good one.")
        self._pages = legal.to_accept()
        if self._pages:
            links = format_html_join(
                ", ",
                '<a href="{}" target="_blank">{}</a>',
                ((reverse(p.kind), p.get_kind_display()) for p in self._pages),
            )
            label = format_html(str(_("I agree to: {}")), links)
            self.fields["accept"] = forms.BooleanField(label=label)
            versions = ",".join(str(page.pk) for page in self._pages)
            self.fields["accepted_versions"] = forms.CharField(widget=forms.HiddenInput, initial=versions)

    def clean_accepted_versions(self) -> str:
        """What was agreed to is what was shown."""
        if self.cleaned_data["accepted_versions"] != ",".join(str(page.pk) for page in self._pages):
            raise forms.ValidationError(_("These texts have just changed. Please load this page again."))
        return str(self.cleaned_data["accepted_versions"])

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        super().custom_signup(request, user)
        # Mail that is written later has no browser to ask.
        user.language = get_language() or ""
        user.save(update_fields=["language"])
        legal.accept(user=user, pages=self._pages, now=timezone.now())
