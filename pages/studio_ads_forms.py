"""What a streamer chooses about ads."""

from django import forms

from ads.models import ChannelAds


class ChannelAdsForm(forms.ModelForm):
    class Meta:
        model = ChannelAds
        fields = [
            "shows_pre",
            "shows_mid",
            "shows_chat",
            "chat_every_min",
            "break_every_min",
            "break_s",
            "blocked_categories",
            "blocked_advertisers",
        ]
        widgets = {
            "blocked_categories": forms.CheckboxSelectMultiple,
            "blocked_advertisers": forms.CheckboxSelectMultiple,
        }
