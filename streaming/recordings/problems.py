"""What is done with a recording and what may go wrong, in words for its streamer."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from media_pipeline.recording_files import StopReason


class Problem(StrEnum):
    """What went wrong last."""

    LOST = "lost"
    DAMAGED = "damaged"
    STORAGE = "storage"
    DISK = "disk"
    UNKNOWN = "unknown"


MESSAGES: dict[str, str | Promise] = {
    Problem.LOST: _("Nothing of this broadcast is on the server's disk any more."),
    Problem.DAMAGED: _("The recorded files can't be read."),
    Problem.STORAGE: _(
        "The storage doesn't take it. It is tried again by itself; until then it plays from this server."
    ),
    Problem.DISK: _("The server's disk is too full for this. It is tried again by itself."),
    Problem.UNKNOWN: _("Something unexpected happened. It is tried again by itself."),
}
STOPPED: dict[str, str | Promise] = {
    StopReason.DISK: _("The server's disk was full: it ends before the broadcast did."),
    StopReason.LENGTH: _("It is as long as a recording may be, and ends before the broadcast did."),
    StopReason.BROKEN: _("The server couldn't write to its disk: it ends before the broadcast did."),
}
# By the names of a worker's steps.
TASKS: dict[str, str | Promise] = {
    "finish": _("Being prepared"),
    "storyboard": _("Drawing the seek bar's pictures"),
    "download": _("Making the file"),
    "upload": _("Being sent to the storage"),
    "clear": _("Tidying up"),
    "move": _("Being moved"),
}
