"""Why recordings say no."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from streaming.errors import StreamingError


class RecordingError(StreamingError):
    """Base of what recordings refuse; `message` is for the person who asked."""

    message: str | Promise = ""


class StillOnAir(RecordingError):
    message = _("The broadcast is still on air. End it first.")


class NothingRecorded(RecordingError):
    message = _("There is no recording of this broadcast.")


class NotReady(RecordingError):
    message = _("The recording isn't ready yet.")


class BadKeepTime(RecordingError):
    message = _("Keep it for 1 to 3650 days, or for ever.")
