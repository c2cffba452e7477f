"""What a page is given when it opens a room: enough to show it before the socket is there."""

from datetime import datetime
from typing import Any

from accounts.models import Channel
from accounts.roles import Visitor
from chat import gates, history
from chat.actions import open_main_room
from chat.errors import ChatError
from chat.lookups import rooms_shown_to
from chat.models import Room
from chat.modes import slow_wait_s
from chat.showing import describe_modes, describe_standing
from chat.standing import Standing, standing_of


def describe_chat(viewer: Visitor, channel: Channel, now: datetime) -> dict[str, Any]:
    """A channel's chat as a page shows it first: its main room, and which others there are."""
    room = open_main_room(channel=channel)
    standing = standing_of(viewer, channel, now)
    entry = describe_entry(room, standing, now)
    return entry | {"channel": channel.pk, "rooms": describe_rooms(channel, standing, now)}


def describe_entry(room: Room, standing: Standing, now: datetime, *, with_lines: bool = True) -> dict[str, Any]:
    """A room's modes and lines, or why they are closed to this visitor."""
    entry = describe_modes(room, now) | {"me": describe_standing(standing), "denial": None, "wait_s": 0}
    try:
        gates.check_may_read(room, standing, now)
    except ChatError as error:
        denial = error.facts | {"code": error.code, "message": str(error.message)}
        return entry | {"denial": denial, "lines": [], "last_seq": 0, "pinned": None}
    lines = history.last_lines(room, now) if with_lines else []
    wait_s = slow_wait_s(room, standing, now)
    return entry | {"lines": lines, "last_seq": history.last_shown_seq(room, now), "wait_s": wait_s}


def describe_rooms(channel: Channel, standing: Standing, now: datetime) -> list[dict[str, Any]]:
    """The rooms to switch between."""
    return [
        {"room": room.pk, "name": room.name, "is_open": gates.may_read(room, standing, now)}
        for room in rooms_shown_to(standing, channel, now)
    ]
