"""Opening and closing rooms."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Channel, User
from chat import overlays
from chat.announcing import announce_rooms
from chat.errors import OutOfBounds
from chat.models import Room
from realtime import recheck_on_commit

MOST_ROOMS = 10


def open_main_room(*, channel: Channel) -> Room:
    """The room that every channel has; made when it is first looked for."""
    room, _made = Room.objects.get_or_create(channel=channel, is_main=True, defaults={"name": _("Chat")})
    room.channel = channel
    return room


def open_room_at(place: str, *, channel: Channel, name: str) -> Room:
    """The chat of something that takes place on a channel, for whom its door lets in; made when first looked for."""
    facts = {"channel": channel, "name": name[: Room.name.field.max_length]}
    room, _made = Room.objects.get_or_create(place=place, defaults=facts)
    room.channel = channel
    return room


@transaction.atomic
def open_room(*, channel: Channel, by: User, facts: Mapping[str, Any]) -> Room:
    """Open one more room. The channel's row is locked, so that nobody gets past the bound. Raises OutOfBounds."""
    Channel.objects.select_for_update().get(pk=channel.pk)
    open_main_room(channel=channel)
    if Room.objects.of_channel().filter(channel=channel).count() >= MOST_ROOMS:
        raise OutOfBounds(_("A channel has at most 10 rooms."))
    room = Room(channel=channel, **facts)
    try:
        room.full_clean()
    except ValidationError as error:
        raise OutOfBounds(" ".join(error.messages)) from error
    room.save()
    audit.record(by, "chat: opened room", channel, room=room.name)
    announce_rooms(channel)
    return room


@transaction.atomic
def close_room(*, room: Room, by: User) -> None:
    """Take a room away with all that was said there. The main room stays."""
    if room.is_main:
        raise OutOfBounds(_("The main room stays."))
    audit.record(by, "chat: closed room", room.channel, room=room.name)
    announce_rooms(room.channel)
    if topic := overlays.topic_of(room):
        recheck_on_commit(topic)
    Room.objects.filter(pk=room.pk).delete()
