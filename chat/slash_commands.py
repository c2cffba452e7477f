"""The slash commands of rooms and people."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import actions
from chat.access import get_somebody
from chat.models import Room
from chat.slash import Command, Context, Run, commands_for, is_off, read_length, register, usage_of

DEFAULT_SLOW_S, DEFAULT_TIMEOUT = 30, "10m"


def register_all() -> None:
    for name, usage, about, run in _ROOM + _PEOPLE:
        register(Command(name, usage, about, run))
    register(Command("help", "", gettext_lazy("Lists the commands."), show_help, is_for_all=True))


def show_help(context: Context, rest: str) -> str:
    return "  ".join(f"/{one.name} {one.usage}".strip() for one in commands_for(context.standing))


def _change(context: Context, **changes: Any) -> None:
    actions.change_room(room=context.room, by=context.by, changes=changes, now=context.now)


def slow(context: Context, rest: str) -> str:
    if is_off(rest):
        _change(context, slow_s=0)
        return _("Slow mode is off.")
    seconds = int(read_length(rest).total_seconds()) if rest else DEFAULT_SLOW_S
    _change(context, slow_s=seconds)
    return _("Slow mode: one message in %(seconds)d seconds.") % {"seconds": seconds}


def followers(context: Context, rest: str) -> str:
    if is_off(rest) and rest != "0":
        _change(context, followers_only_min=None)
        return _("Everybody can write again.")
    minutes = int(read_length(rest, "m").total_seconds() // 60) if rest else 0
    _change(context, followers_only_min=minutes)
    return _("Followers only, of at least %(minutes)d minutes.") % {"minutes": minutes}


def subscribers(context: Context, rest: str) -> str:
    if is_off(rest):
        actions.lift_restriction(room=context.room, by=context.by, now=context.now)
        return _("The room is open as it was before.")
    words = rest.split()
    scope = Room.SubscribersOnly.WRITE if words[:1] == ["write"] else Room.SubscribersOnly.ALL
    lengths = words[1:] if words[:1] == ["write"] else words
    minutes = max(1, int(read_length(lengths[0], "m").total_seconds() // 60)) if lengths else None
    actions.restrict_to_subscribers(room=context.room, by=context.by, now=context.now, scope=scope, minutes=minutes)
    return _("The room is the subscribers' now. /subscribers off gives it back.")


def delay(context: Context, rest: str) -> str:
    seconds = 0 if is_off(rest) else int(read_length(rest).total_seconds())
    _change(context, delay_s=seconds)
    return _("Messages are shown after %(seconds)d seconds.") % {"seconds": seconds}


def links(context: Context, rest: str) -> str:
    if rest not in Room.Links.values:
        raise usage_of("links")
    _change(context, links=rest)
    return _("Links: %(who)s.") % {"who": Room.Links(rest).label}


def _switch(field: str) -> Run:
    """A mode that is on or off."""

    def run(context: Context, rest: str) -> str:
        is_on = not is_off(rest)
        _change(context, **{field: is_on})
        return _("On.") if is_on else _("Off.")

    return run


def clear(context: Context, rest: str) -> str:
    actions.clear_room(room=context.room, by=context.by, now=context.now)
    return _("Cleared.")


def unpin(context: Context, rest: str) -> str:
    actions.unpin(room=context.room, by=context.by, now=context.now)
    return _("Nothing is pinned any more.")


def timeout(context: Context, rest: str) -> str:
    name, _space, more = rest.partition(" ")
    length, _space, reason = more.strip().partition(" ")
    if not name:
        raise usage_of("timeout")
    user, span = get_somebody(name), read_length(length or DEFAULT_TIMEOUT)
    actions.time_out_user(**_about(context, user), length=span, reason=reason)
    return _("%(name)s is out for %(span)s.") % {"name": user.username, "span": length or DEFAULT_TIMEOUT}


def _on_person(name: str, act: Callable[..., object], done: Any, *, text: str = "", is_needed: bool = False) -> Run:
    """A command about somebody; with `text` it takes what follows the name as that argument."""

    def run(context: Context, rest: str) -> str:
        who, _space, more = rest.partition(" ")
        if not who or (is_needed and not more.strip()):
            raise usage_of(name)
        user = get_somebody(who)
        act(**_about(context, user), **({text: more.strip()} if text else {}))
        return str(done) % {"name": user.username}

    return run


def _about(context: Context, user: Any) -> dict[str, Any]:
    return {"channel": context.room.channel, "user": user, "by": context.by, "now": context.now}


_ROOM: list[tuple[str, str, Any, Run]] = [
    ("slow", "30 | off", gettext_lazy("One message a person in so many seconds, 3 to 120."), slow),
    ("followers", "10m | off", gettext_lazy("Only who has followed for that long can write."), followers),
    ("subscribers", "[write] [30m] | off", gettext_lazy("The room is the subscribers' for now."), subscribers),
    ("emoteonly", "on | off", gettext_lazy("Only emotes and emoji."), _switch("is_emote_only")),
    ("unique", "on | off", gettext_lazy("Nothing that was said in the last minutes."), _switch("is_unique")),
    (
        "shield",
        "on | off",
        gettext_lazy("Raid defence: followers, slowly, nothing twice."),
        _switch("is_raid_defended"),
    ),
    ("delay", "2 | 4 | 6 | off", gettext_lazy("Moderators see messages so many seconds earlier."), delay),
    ("links", "everyone | subscribers | moderators", gettext_lazy("Who can post links."), links),
    ("clear", "", gettext_lazy("Takes away all that was said."), clear),
    ("unpin", "", gettext_lazy("Takes the pinned message down."), unpin),
]
_PEOPLE: list[tuple[str, str, Any, Run]] = [
    ("timeout", "name [10m] [reason]", gettext_lazy("Sends somebody out, 1 second to 14 days."), timeout),
    (
        "untimeout",
        "name",
        gettext_lazy("Lets somebody back in."),
        _on_person("untimeout", actions.lift_sanctions, gettext_lazy("%(name)s is back in.")),
    ),
    (
        "ban",
        "name [reason]",
        gettext_lazy("Shuts somebody out for good."),
        _on_person("ban", actions.ban_user, gettext_lazy("%(name)s is banned."), text="reason"),
    ),
    (
        "unban",
        "name",
        gettext_lazy("Lets somebody back in."),
        _on_person("unban", actions.lift_sanctions, gettext_lazy("%(name)s is back in.")),
    ),
    (
        "warn",
        "name reason",
        gettext_lazy("Has somebody read a warning before they write again."),
        _on_person("warn", actions.warn_user, gettext_lazy("%(name)s is warned."), text="reason", is_needed=True),
    ),
    (
        "note",
        "name text",
        gettext_lazy("Notes something for the other moderators."),
        _on_person("note", actions.add_note, gettext_lazy("Noted."), text="text", is_needed=True),
    ),
]
