"""The only door for untrusted ids: rooms, and what is in them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.access import get_person, get_public_channel
from accounts.errors import NotThere as AccountsNotThere
from accounts.models import BlockedWord, Channel, User
from accounts.roles import Visitor
from chat import gates, overlays
from chat.errors import (
    EditorsAlone,
    ModeratorsAlone,
    NobodyByThatName,
    NoSuchChannel,
    NotAMessage,
    NotAPoll,
    NotARaid,
    NotThere,
)
from chat.models import Emote, HeldMessage, Message, Poll, Raid, Room
from chat.replays import Span
from chat.standing import Standing, standing_of
from streaming.errors import NotWatchable
from streaming.recordings.access import Replay, get_replay

LARGEST_ID = 2**63 - 1


def get_room(viewer: Visitor, room_id: object) -> Room:
    """A room of a channel that this viewer may look at; whether it is open to them is another question."""
    number = whole_number(room_id)
    room = Room.objects.select_related("channel__owner", "pinned__author").filter(pk=number).first() if number else None
    if room is None or (room.channel.is_suspended and not _keeps(viewer, room.channel)):
        raise NotThere
    return room


def get_readable_room(viewer: Visitor, room_id: object, now: datetime) -> tuple[Room, Standing]:
    """A room and who the viewer is there. Raises NotThere or the ChatError that says who may read."""
    room = get_room(viewer, room_id)
    standing = standing_of(viewer, room.channel, now)
    gates.check_may_read(room, standing, now)
    return room, standing


@dataclass(frozen=True)
class ReplayedRoom:
    """The room in which a broadcast was talked about, while its recording was live."""

    room: Room
    standing: Standing
    span: Span


def get_replayed_room(viewer: Visitor, broadcast_id: UUID, now: datetime) -> ReplayedRoom:
    """The room of a broadcast, for whoever may watch its recording and read the room as it is now.

    That is the chat of the place where it was, or its channel's main room. Raises NotThere or the ChatError that says
    who may read.
    """
    try:
        return get_room_of_replay(viewer, get_replay(viewer, broadcast_id), now)
    except NotWatchable as error:
        raise NotThere from error


def get_room_of_replay(viewer: Visitor, replay: Replay, now: datetime) -> ReplayedRoom:
    """The same for what a viewer may see of a broadcast's recordings."""
    broadcast = replay.broadcast
    here = Q(place=broadcast.place) if broadcast.place else Q(is_main=True)
    rooms = Room.objects.filter(Q(is_main=True) | here, channel=broadcast.channel).order_by("is_main")
    number = rooms.values_list("pk", flat=True).first()
    if number is None or not replay.playable or broadcast.ended_at is None:
        raise NotThere
    room, standing = get_readable_room(viewer, number, now)
    return ReplayedRoom(room, standing, Span(replay.playable[0].started_at, broadcast.ended_at))


def get_overlaid_room(key: str) -> Room:
    """The room whose lines an overlay's key opens. Raises NotThere."""
    room = overlays.find_room(key)
    if room is None:
        raise NotThere
    return room


def get_moderated_room(user: Visitor, room_id: object, now: datetime) -> tuple[Room, Standing]:
    """A room for those who keep order there. Raises NotThere or ModeratorsAlone."""
    room = get_room(user, room_id)
    standing = standing_of(user, room.channel, now)
    if not standing.is_moderator:
        raise ModeratorsAlone
    return room, standing


def get_somebody(name: object) -> User:
    """Somebody who is here, by user name in any case, with or without @."""
    try:
        return get_person(name.removeprefix("@")[:150] if isinstance(name, str) else "")
    except AccountsNotThere as error:
        raise NobodyByThatName from error


def get_run_channel(user: User, channel_id: object, now: datetime) -> Channel:
    """A channel for those who run it. Raises NotThere or EditorsAlone."""
    channel = Channel.objects.select_related("owner").filter(pk=whole_number(channel_id) or 0).first()
    if channel is None or (channel.is_suspended and not _keeps(user, channel)):
        raise NotThere
    if not standing_of(user, channel, now).is_editor:
        raise EditorsAlone
    return channel


def get_raid_target(name: object) -> Channel:
    """A channel that anybody may look at, by its name, with or without @."""
    try:
        return get_public_channel(name.strip().removeprefix("@").lower()[:64] if isinstance(name, str) else "")
    except AccountsNotThere as error:
        raise NoSuchChannel from error


def get_counting_raid(source: Channel) -> Raid:
    """The raid that a channel, got through its own door, could still call off."""
    raid = Raid.objects.counting().filter(source=source).first()
    if raid is None:
        raise NotARaid
    return raid


def get_running_poll(room: Room, poll_id: object = None) -> Poll:
    """The poll that is open in a room that was got through this door; with an id only if it is that one."""
    poll = Poll.objects.running().select_related("room__channel__owner").filter(room=room).first()
    if poll is None or (poll_id is not None and poll.pk != whole_number(poll_id)):
        raise NotAPoll
    return poll


def get_held(channel: Channel, held_id: object) -> HeldMessage:
    """A message of one of a channel's rooms that was held."""
    held = (
        HeldMessage.objects.filter(pk=whole_number(held_id) or 0, room__channel=channel).select_related("room").first()
    )
    if held is None:
        raise NotAMessage
    return held


def get_channel_room(channel: Channel, room_id: int) -> Room:
    """A room of a channel that was got through its own door. These three raise accounts' NotThere, as pages do."""
    room = Room.objects.of_channel().select_related("channel").filter(channel=channel, pk=room_id).first()
    if room is None:
        raise AccountsNotThere
    return room


def get_emote(channel: Channel, emote_id: int) -> Emote:
    emote = Emote.objects.select_related("channel").filter(channel=channel, pk=emote_id).first()
    if emote is None:
        raise AccountsNotThere
    return emote


def get_word(channel: Channel, word_id: int) -> BlockedWord:
    word = BlockedWord.objects.select_related("channel").filter(channel=channel, pk=word_id).first()
    if word is None:
        raise AccountsNotThere
    return word


def get_message(room: Room, seq: object) -> Message:
    """A message of a room that was got through this door, deleted ones too."""
    number = whole_number(seq)
    message = Message.objects.to_describe().filter(room=room, seq=number).first() if number else None
    if message is None:
        raise NotAMessage
    message.room = room
    return message


def whole_number(number: object) -> int | None:
    """A positive number from a command or an address."""
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 20:
        number = int(number)
    return number if type(number) is int and 0 < number <= LARGEST_ID else None


def _keeps(viewer: Visitor, channel: Channel) -> bool:
    return viewer.is_authenticated and (viewer.is_staff or viewer.pk == channel.owner_id)
