"""The slash commands of polls and raids."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import actions
from chat.access import get_counting_raid, get_raid_target, get_running_poll
from chat.actions.raids import COUNTDOWN_DEFAULT_S
from chat.slash import Command, Context, read_length, register, usage_of

DEFAULT_POLL_S = 60
_TIMED = re.compile(r"(\d{1,9}[smhdw]?)\s+(.+)", re.IGNORECASE | re.DOTALL)


def register_all() -> None:
    asks = gettext_lazy("Asks the room something, 15 seconds to 30 minutes.")
    register(Command("poll", "[60] question | one | another …", asks, poll, opens="poll"))
    register(Command("endpoll", "", gettext_lazy("Ends the poll."), endpoll))
    sends = gettext_lazy("Sends your viewers to another live channel.")
    register(Command("raid", "channel [10s]", sends, raid, is_for_editors=True))
    register(Command("unraid", "", gettext_lazy("Calls the raid off."), unraid, is_for_editors=True))


def poll(context: Context, rest: str) -> str:
    """`60 Question? | A | B`; without a length for a minute."""
    question, *options = (part.strip() for part in rest.split("|"))
    timed = _TIMED.fullmatch(question)
    seconds = int(read_length(timed[1]).total_seconds()) if timed else DEFAULT_POLL_S
    if not question or not options:
        raise usage_of("poll")
    actions.open_poll(
        room=context.room,
        by=context.by,
        question=timed[2] if timed else question,
        options=options,
        seconds=seconds,
        now=context.now,
    )
    return _("The poll is open.")


def endpoll(context: Context, rest: str) -> str:
    actions.end_poll(poll=get_running_poll(context.room), by=context.by, now=context.now)
    return _("The poll is over.")


def raid(context: Context, rest: str) -> str:
    name, _space, length = rest.partition(" ")
    if not name:
        raise usage_of("raid")
    countdown_s = int(read_length(length.strip()).total_seconds()) if length.strip() else COUNTDOWN_DEFAULT_S
    target = get_raid_target(name)
    actions.announce_raid(
        source=context.room.channel, target=target, by=context.by, now=context.now, countdown_s=countdown_s
    )
    return _("Your viewers go to %(name)s in %(seconds)d s. /unraid calls it off.") % {
        "name": target.name,
        "seconds": countdown_s,
    }


def unraid(context: Context, rest: str) -> str:
    actions.cancel_raid(raid=get_counting_raid(context.room.channel), by=context.by, now=context.now)
    return _("The raid is called off.")
