"""What people fill in. Forms read and say what is wrong; actions decide."""

from typing import IO, Any
from zoneinfo import available_timezones

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MinLengthValidator
from django.utils.translation import gettext_lazy as _
from PIL import Image

from accounts.errors import BadPicture
from accounts.models import Channel, ChannelRole, Follow, Report, User
from accounts.models.users import validate_links
from accounts.names import channel_name_validator, check_not_reserved
from accounts.pictures import read_picture


class PictureField(forms.FileField):
    """An upload that becomes a picture, or an error in words."""

    widget = forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"})

    def clean(self, data: Any, initial: Any = None) -> Image.Image | None:
        upload: UploadedFile | None = super().clean(data, initial)
        if upload is None:
            return None
        try:
            file: IO[bytes] = upload.file  # type: ignore[assignment]
            return read_picture(file, upload.size or 0)
        except BadPicture as error:
            raise forms.ValidationError(str(error.message)) from error


def _line(text: str) -> str:
    """One line of printable text."""
    text = text.strip()
    if not text.isprintable():
        raise forms.ValidationError(_("This is one line of printable text."))
    return text


class ProfileForm(forms.ModelForm):
    links = forms.CharField(
        label=_("Links"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, at most 5."),
    )
    picture = PictureField(label=_("Picture"), required=False, help_text=_("JPEG, PNG or WebP, at most 8 MB."))
    remove_picture = forms.BooleanField(label=_("Remove the picture"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    class Meta:
        model = User
        fields = ["display_name", "bio", "links", "language", "time_zone"]
        widgets = {"bio": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"language": _("Mail to you comes in it too.")}

    field_order = ["picture", "remove_picture", "display_name", "bio", "links", "language", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["links"] = "\n".join(self.instance.links)
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
        self.fields["time_zone"].choices = [("", _("As the server: UTC")), *zones]  # type: ignore[attr-defined]
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            ("", _("As my browser asks")),
            *self.fields["language"].choices[1:],  # type: ignore[attr-defined]
        ]
        if not self.instance.avatar:
            del self.fields["remove_picture"]

    def clean_display_name(self) -> str:
        return _line(self.cleaned_data["display_name"])

    def clean_links(self) -> list[str]:
        links = [line.strip() for line in self.cleaned_data["links"].splitlines() if line.strip()]
        validate_links(links)
        return links

    def _post_clean(self) -> None:
        """The action writes; the form leaves the row alone."""


class NotificationForm(forms.Form):
    live_in_page = forms.BooleanField(
        label=_("In the page"), required=False, help_text=_("The bell says when a channel you follow goes live.")
    )
    live_by_mail = forms.BooleanField(
        label=_("By e-mail"), required=False, help_text=_("A letter when a channel you follow goes live.")
    )
    spaces_in_page = forms.BooleanField(
        label=_("Spaces, in the page"),
        required=False,
        help_text=_("The bell says when a Space of which you want to be reminded is about to begin."),
    )
    spaces_by_mail = forms.BooleanField(
        label=_("Spaces, by e-mail"),
        required=False,
        help_text=_("A letter before a Space of which you want to be reminded."),
    )


class FollowForm(forms.ModelForm):
    class Meta:
        model = Follow
        fields = ["notify", "notify_by_mail"]


class PersonForm(forms.Form):
    username = forms.CharField(
        label=_("User name"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class OpenChannelForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=32,
        validators=[channel_name_validator, MinLengthValidator(2), check_not_reserved],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The name in its address: small letters, digits, - and _. It stays."),
    )
    title = forms.CharField(label=_("Title"), max_length=140, required=False, help_text=_("What is on, in one line."))
    description = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def clean_title(self) -> str:
        return _line(self.cleaned_data["title"])


class ChannelForm(forms.ModelForm):
    avatar = PictureField(label=_("Picture"), required=False, help_text=_("Square. JPEG, PNG or WebP, at most 8 MB."))
    remove_avatar = forms.BooleanField(label=_("Remove the picture"), required=False)
    banner = PictureField(label=_("Banner"), required=False, help_text=_("Four times as wide as it is high."))
    remove_banner = forms.BooleanField(label=_("Remove the banner"), required=False)

    class Meta:
        model = Channel
        fields = ["title", "description", "sponsor"]
        widgets = {"description": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for which in ("avatar", "banner"):
            if not getattr(self.instance, which):
                del self.fields[f"remove_{which}"]

    def clean_title(self) -> str:
        return _line(self.cleaned_data["title"])

    def clean_sponsor(self) -> str:
        return _line(self.cleaned_data["sponsor"])

    def _post_clean(self) -> None:
        """The action writes; the form leaves the row alone."""


class AppointForm(PersonForm):
    role = forms.ChoiceField(
        label=_("Role"), choices=[choice for choice in ChannelRole.Role.choices if choice[0] != ChannelRole.Role.OWNER]
    )


class ReportForm(forms.Form):
    kind = forms.CharField(max_length=32, widget=forms.HiddenInput)
    id = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.ChoiceField(label=_("What is wrong?"), choices=Report.Reason.choices)
    text = forms.CharField(
        label=_("What happened?"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
