"""Why streaming says no."""

from collections.abc import Mapping

from django.utils.formats import localize
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
    """An encoder is turned away. `code` and `facts` are stored: each reader gets `message` in their language."""

    code: str
    message: str | Promise

    def __init__(self, **facts: str | float) -> None:
        super().__init__(in_words(self.message, facts))
        self.facts = facts


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


class PictureTooLarge(Refused):
    code = "picture_size"
    message = _("The picture has %(sent)s pixels, and this server takes %(most)s at most.")


class TooManyFrames(Refused):
    code = "frame_rate"
    message = _("The stream has %(sent)s frames a second, and this server takes %(most)s at most.")


class BitrateTooHigh(Refused):
    code = "bitrate"
    message = _("The stream has %(sent)s Mb/s, and this server takes %(most)s at most.")


def message_for(code: str, facts: Mapping[str, str | float]) -> str:
    """How a refusal of this code reads in the language that is active; empty for a code that is gone."""
    kinds = {kind.code: kind for kind in Refused.__subclasses__()}
    return in_words(kinds[code].message, facts) if code in kinds else ""


def in_words(message: str | Promise, facts: Mapping[str, str | float]) -> str:
    """A message with its facts put in; without facts a per cent sign is one."""
    return str(message) % {name: localize(fact) for name, fact in facts.items()} if facts else str(message)
