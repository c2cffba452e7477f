"""What a tier can spare its subscribers: ads."""

from django.utils.translation import gettext_lazy as _

from monetization import perks

NO_ADS = "no_ads"


def register() -> None:
    perks.register(NO_ADS, _("No ads"), _("No ads on your channel, neither in the picture nor in the chat."))
