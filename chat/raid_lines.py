"""What both chats say of a raid that was sent. Each has its own delivery: neither waits for the other's room."""

from django.utils import timezone

from accounts.models import Channel
from chat.actions import open_main_room
from chat.actions.raids import RAIDED
from chat.lines import add_system_line
from chat.models import Raid
from realtime import outbox
from realtime.outbox import Payload


def register() -> None:
    outbox.register(RAIDED, "chat.raid_came", on_raid_came)
    outbox.register(RAIDED, "chat.raid_left", on_raid_left)


def on_raid_came(payload: Payload) -> None:
    raid = _raid(payload)
    _say(raid.target, "raid", raid, raid.source)


def on_raid_left(payload: Payload) -> None:
    raid = _raid(payload)
    _say(raid.source, "raid_out", raid, raid.target)


def _raid(payload: Payload) -> Raid:
    return Raid.objects.select_related("source", "target").get(pk=payload["raid"])


def _say(channel: Channel, kind: str, raid: Raid, other: Channel) -> None:
    room = open_main_room(channel=channel)
    add_system_line(room, timezone.now(), kind, f"raid:{raid.pk}", channel=other.name, viewers=raid.viewers)
