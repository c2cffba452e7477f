"""The only door for untrusted ids: rooms, and what is in them."""

from datetime import datetime

from accounts.models import Channel
from accounts.roles import Visitor
from chat import gates
from chat.errors import NotAMessage, NotThere
from chat.models import Message, Room
from chat.standing import Standing, standing_of

LARGEST_ID = 2**63 - 1


def get_room(viewer: Visitor, room_id: object) -> Room:
    """A room of a channel that this viewer may look at; whether it is open to them is another question."""
    number = _whole(room_id)
    room = Room.objects.select_related("channel__owner").filter(pk=number).first() if number else None
    if room is None or (room.channel.is_suspended and not _keeps(viewer, room.channel)):
        raise NotThere
    return room


def get_readable_room(viewer: Visitor, room_id: object, now: datetime) -> tuple[Room, Standing]:
    """A room and who the viewer is there. Raises NotThere or the ChatError that says who may read."""
    room = get_room(viewer, room_id)
    standing = standing_of(viewer, room.channel, now)
    gates.check_may_read(room, standing, now)
    return room, standing


def get_message(room: Room, seq: object) -> Message:
    """A message of a room that was got through this door, deleted ones too."""
    number = _whole(seq)
    message = Message.objects.to_describe().filter(room=room, seq=number).first() if number else None
    if message is None:
        raise NotAMessage
    message.room = room
    return message


def _whole(number: object) -> int | None:
    """A positive number from a command or an address."""
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 20:
        number = int(number)
    return number if type(number) is int and 0 < number <= LARGEST_ID else None


def _keeps(viewer: Visitor, channel: Channel) -> bool:
    return viewer.is_authenticated and (viewer.is_staff or viewer.pk == channel.owner_id)
