"""Overlays: a room's lines over a stream's picture, for whoever has the address.

The address carries a key that is derived like stream keys: `<room id>-<HMAC(secret, room id, overlay version)>`. It
opens the lines of that one room and nothing else, and a new version makes it worthless. Lines that not everybody could
read are shown only where the channel's owner chose so (`Room.overlay_read_by`).
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.stream_keys import id_of, is_key_of, make_key
from chat import history
from chat.models import Audience, Message, Room
from realtime import publish, publish_on_commit

PREFIX = "chat.overlay"
_KIND = "chat-overlay"


def key_of(room: Room) -> str:
    """The key of a room's overlay; empty before an address was made."""
    if not room.overlay_version:
        return ""
    return make_key(room.pk, room.overlay_version, settings.ENV.stream_key_secrets[0], _KIND)


def find_room(key: str) -> Room | None:
    """The room that a key opens now."""
    rows = Room.objects.select_related("channel").filter(overlay_version__gt=0, channel__is_suspended=False)
    number = id_of(key)
    room = rows.filter(pk=number).first() if number else None
    if room is None or not is_key_of(key, room.pk, room.overlay_version, settings.ENV.stream_key_secrets, _KIND):
        return None
    return room


def topic_of(room: Room) -> str:
    """What overlays of a room follow; empty where there are none."""
    key = key_of(room)
    return f"{PREFIX}.{key}" if key else ""


def reader_of(room: Room) -> Audience:
    return Audience(room.overlay_read_by)


def describe_shown(message: Message, room: Room) -> dict[str, Any]:
    """A line as overlays get it: what isn't for them is nothing but its number."""
    event = history.describe_shown(message, reader_of(room))
    return {"type": "gone", "seq": message.seq, "seqs": []} if event["type"] == "kept" else event


def show(message: Message, room: Room) -> None:
    """Show a line on the room's overlays."""
    if topic := topic_of(room):
        publish(topic, describe_shown(message, room))


def show_on_commit(message: Message, room: Room) -> None:
    if topic := topic_of(room):
        publish_on_commit(topic, describe_shown(message, room))


def tell_on_commit(room: Room, event: dict[str, Any]) -> None:
    """Tell the room's overlays something once it is committed."""
    if topic := topic_of(room):
        publish_on_commit(topic, event)


# The topic, for realtime


def may_follow(_person: object, key: str) -> bool:
    return find_room(key) is not None


def enter(_person: object, key: str) -> dict[str, Any]:
    return {"type": "entered", "last_seq": latest(key)}


def latest(key: str) -> int:
    room = find_room(key)
    return history.last_shown_seq(room, timezone.now()) if room else 0


def missed(key: str, after: int) -> Iterable[dict[str, Any]]:
    """For the hub of a process that lost touch."""
    room = find_room(key)
    if room is None:
        return ()
    events = history.events_after(room, after, timezone.now(), reader_of(room))
    return [one | {"type": "gone", "seqs": []} if one["type"] == "kept" else one for one in events]
