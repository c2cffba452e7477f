"""Why streaming says no."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class StreamingError(Exception):
    """Base of what streaming refuses."""


class NotWatchable(StreamingError):
    """There is nothing here that this viewer may watch."""


class NotOnAir(StreamingError):
    """The broadcast has ended, or none has begun."""


class UnknownVisibility(StreamingError):
    """No gate goes by this name."""


class ScheduleFull(StreamingError):
    """A channel has announced as much as it may."""


class NotPlanned(StreamingError):
    """What was announced is cancelled already, or on air."""


class Refused(StreamingError):
    """An encoder is turned away. `code` is stored, `message` is what the streamer reads in the studio."""

    code: str
    message: str | Promise

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or str(self.message))
        self.detail = detail


class UnknownKey(Refused):
    code = "wrong_key"
    message = _("The stream key is not this channel's. Copy it again from the studio into your encoder.")


class ChannelSuspended(Refused):
    code = "suspended"
    message = _("This channel is suspended.")


class AlreadyLive(Refused):
    code = "already_live"
    message = _("Another encoder is live on this channel. Stop it, or wait three seconds after it fell silent.")


class ServerFull(Refused):
    code = "server_full"
    message = _("This server carries as many broadcasts as it can. Try again when another one has ended.")


class DiskFull(Refused):
    code = "disk_full"
    message = _("This server has too little free disk space for a new broadcast. Tell its operator.")


class TooManyAttempts(Refused):
    code = "too_many_attempts"
    message = _("Too many attempts from this address. Wait a minute.")


class CodecUnsupported(Refused):
    code = "codec"
    message = _("The video is not H.264. Choose an H.264 (x264, NVENC H.264) encoder in your settings.")


class AboveLimits(Refused):
    code = "above_limits"
    message = _("The stream is above this server's limits.")
