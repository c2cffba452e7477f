"""What a page is given when it opens a room: enough to show it before the socket is there."""

from datetime import datetime
from typing import Any

from accounts.models import Channel
from accounts.roles import Visitor
from chat import gates, history
from chat.actions import open_main_room
from chat.errors import ChatError
from chat.models import Room
from chat.showing import describe_modes, describe_standing
from chat.standing import Standing, standing_of


def describe_chat(viewer: Visitor, channel: Channel, now: datetime) -> dict[str, Any]:
    """A channel's chat as a page shows it first: its main room."""
    room = open_main_room(channel=channel)
    return describe_entry(room, standing_of(viewer, channel, now), now)


def describe_entry(room: Room, standing: Standing, now: datetime) -> dict[str, Any]:
    """A room's modes and lines, or why they are closed to this visitor."""
    entry = describe_modes(room, now) | {"me": describe_standing(standing), "denial": None}
    try:
        gates.check_may_read(room, standing, now)
    except ChatError as error:
        return entry | {"denial": error.code, "lines": [], "last_seq": 0}
    return entry | {"lines": history.last_lines(room, now), "last_seq": history.last_shown_seq(room, now)}
