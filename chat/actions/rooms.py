"""Opening rooms."""

from django.utils.translation import gettext as _

from accounts.models import Channel
from chat.models import Room


def open_main_room(*, channel: Channel) -> Room:
    """The room that every channel has; made when it is first looked for."""
    room, _made = Room.objects.get_or_create(channel=channel, is_main=True, defaults={"name": _("Chat")})
    room.channel = channel
    return room
