"""What advertisers are told about reviews."""

from django.utils.translation import gettext_lazy as _

from accounts import notifications
from ads.models import Advertiser, Campaign, Creative
from ads.reviewing import REVIEWED


def register() -> None:
    notifications.register(REVIEWED, _("Your ads: %(name)s is now %(ad_state)s."))
    notifications.register_words("ad_state", _state_in_words)


def _state_in_words(code: str) -> object:
    choices = [*Advertiser.State.choices, *Campaign.State.choices, *Creative.State.choices]
    return dict(choices).get(code, code)
