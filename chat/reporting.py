"""Messages as something that can be reported."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import reports
from accounts.errors import NotThere
from accounts.models import User
from accounts.reports import Target
from chat.access import get_message, get_readable_room
from chat.errors import ChatError
from chat.gates import reads_as
from chat.models import Audience


def register() -> None:
    reports.register("message", _("chat message"), find_message)


def find_message(viewer: User, target_id: str) -> Target:
    """A message by `<room>-<number>`, for who may read its room."""
    room_id, _dash, seq = target_id.partition("-")
    try:
        room, standing = get_readable_room(viewer, room_id, timezone.now())
        message = get_message(room, seq)
    except ChatError as error:
        raise NotThere from error
    if message.author is None or not Audience(message.read_by).holds(reads_as(standing)):
        raise NotThere
    label = f"{message.author.username} @{room.channel.name}"
    return Target(target_id, label, f"/@{room.channel.name}", message.author, room.channel, message.text)
