"""What the studio's chat page asks: a room, an emote, a word."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.errors import BadPicture
from accounts.models import BlockedWord
from chat.emote_pictures import Drawing, read_emote
from chat.models import Emote, RaidSetup, Room


class RoomForm(forms.ModelForm):
    class Meta:
        model = Room
        fields = ["name", "read_by", "read_follow_min", "write_by", "write_follow_min"]

    def _post_clean(self) -> None:
        """The action writes; the form leaves the row alone."""


class EmoteForm(forms.ModelForm):
    picture = forms.FileField(label=_("Picture"), help_text=_("PNG, GIF, WebP or JPEG, at most 1 MB; it may move."))

    class Meta:
        model = Emote
        fields = ["code", "is_for_subscribers"]

    def clean_picture(self) -> Drawing:
        upload: Any = self.cleaned_data["picture"]
        try:
            return read_emote(upload, upload.size)
        except BadPicture as error:
            raise forms.ValidationError(str(error.message)) from error

    def _post_clean(self) -> None:
        pass


class RaidSetupForm(forms.ModelForm):
    class Meta:
        model = RaidSetup
        fields = ["raids_from"]

    def _post_clean(self) -> None:
        pass


class WordForm(forms.ModelForm):
    class Meta:
        model = BlockedWord
        fields = ["text", "is_pattern", "is_held"]
