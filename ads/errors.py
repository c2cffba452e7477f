"""What can't be done with ads, each in words for whoever tried."""

from django.utils.translation import gettext_lazy as _

from realtime.errors import CommandRefused


class AdsError(CommandRefused):
    """`message` is for people, `code` for scripts."""

    code = "ads"
    message = _("That can't be done with this ad.")


class BadOffer(AdsError):
    """Forged, altered or run out."""

    code = "bad_offer"
    message = _("This ad isn't on offer any more.")


class OtherViewer(AdsError):
    """The offer was made to somebody else."""

    code = "other_viewer"


class NotYet(AdsError):
    """Too early by the server's clock, or before what must come first."""

    code = "not_yet"


class Told(AdsError):
    """Known already, or over."""

    code = "told"


class BadCreative(AdsError):
    code = "bad_creative"
    message = _("This is no video that can be played as an ad.")


class NotVerified(AdsError):
    code = "not_verified"
    message = _("An administrator has to verify the advertiser first.")


class NotReady(AdsError):
    code = "not_ready"
    message = _("It isn't in a state for that.")


class SameHands(AdsError):
    code = "same_hands"
    message = _("Nobody verifies or approves what is their own.")


class BreakNotAllowed(AdsError):
    code = "break_not_allowed"
    message = _("There can be no break now: one is running, or there were enough within this hour.")
