"""What a page is given when it opens a room: enough to show it before the socket is there."""

from datetime import datetime
from typing import Any

from accounts.models import Channel
from accounts.roles import Visitor
from chat import gates, history, kinds, replays, slash
from chat.access import get_room_of_replay
from chat.actions import open_main_room
from chat.emotes import emotes_of
from chat.errors import ChatError, NotThere
from chat.lookups import people_hidden_by, rooms_shown_to
from chat.models import Room
from chat.modes import slow_wait_s
from chat.showing import describe_modes, describe_standing
from chat.standing import Standing, standing_of
from chat.tallies import running_poll
from streaming.recordings.access import Replay


def chat_context(viewer: Visitor, channel: Channel, now: datetime, room: Room | None = None) -> dict[str, Any]:
    """What templates/chat/_room.html shows: the main room first, which others there are, and what can be typed.

    Or that room of the channel's instead which is the chat of what is shown.
    """
    room = room or open_main_room(channel=channel)
    standing = standing_of(viewer, channel, now)
    entry = describe_entry(room, standing, now)
    return {
        "chat": entry
        | {
            "channel": channel.pk,
            "rooms": describe_rooms(room, standing, now),
            "hidden": people_hidden_by(viewer, channel),
        },
        "chat_kinds": list(kinds.all_kinds()),
        "chat_emotes": [{"code": one.code, "url": one.url} for one in emotes_of(channel, standing)],
        "chat_commands": [
            {"name": one.name, "usage": one.usage, "about": str(one.about), "opens": one.opens}
            for one in slash.commands_for(standing)
        ],
    }


def replay_context(viewer: Visitor, replay: Replay, now: datetime) -> dict[str, Any]:
    """What templates/chat/_replay.html shows: whether anything was said, whether it is open to this viewer."""
    try:
        replayed = get_room_of_replay(viewer, replay, now)
    except NotThere:
        return {}
    except ChatError as error:
        return {"chat_replay": {"denial": error.code}}
    silent = replays.was_silent(replayed.room, replayed.span, gates.reads_as(replayed.standing))
    channel = replay.broadcast.channel
    entry = {"channel": channel.pk, "hidden": people_hidden_by(viewer, channel)}
    return {"chat_replay": {"entry": entry, "is_silent": silent}, "chat_kinds": list(kinds.all_kinds())}


def describe_entry(room: Room, standing: Standing, now: datetime, *, with_lines: bool = True) -> dict[str, Any]:
    """A room's modes, lines and poll, or why they are closed to this visitor."""
    entry = describe_modes(room, now) | {"me": describe_standing(standing), "denial": None, "wait_s": 0, "poll": None}
    try:
        gates.check_may_read(room, standing, now)
    except ChatError as error:
        denial = error.facts | {"code": error.code, "message": str(error.message)}
        return entry | {"denial": denial, "lines": [], "last_seq": 0, "pinned": None}
    lines = history.last_lines(room, now, gates.reads_as(standing)) if with_lines else []
    wait_s = slow_wait_s(room, standing, now)
    poll = running_poll(room, standing.user, now)
    return entry | {"lines": lines, "last_seq": history.last_shown_seq(room, now), "wait_s": wait_s, "poll": poll}


def describe_rooms(room: Room, standing: Standing, now: datetime) -> list[dict[str, Any]]:
    """The rooms to switch between. Whoever is in the chat of a place has that alone."""
    rooms = [room] if room.place else rooms_shown_to(standing, room.channel, now)
    return [{"room": one.pk, "name": one.name, "is_open": gates.may_read(one, standing, now)} for one in rooms]
