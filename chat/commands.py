"""What pages ask for over their socket."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import actions, slash
from chat.access import (
    get_counting_raid,
    get_held,
    get_message,
    get_moderated_room,
    get_raid_target,
    get_readable_room,
    get_room,
    get_run_channel,
    get_running_poll,
    get_somebody,
)
from chat.actions.modes import MODES
from chat.entering import describe_entry, describe_rooms
from chat.errors import BadText, NotLoggedIn, OutOfBounds
from chat.models import HeldMessage, Room
from chat.showing import describe_message
from chat.standing import standing_of
from realtime import commands
from realtime.commands import Caller, Payload

Answer = Mapping[str, Any] | None
Act = Callable[[User, Room, Payload], Answer]


def register() -> None:
    commands.register("chat.post", post)
    commands.register("chat.enter", enter)
    commands.register("chat.acknowledge", acknowledge)
    commands.register("chat.vote", vote)
    commands.register("chat.raid", raid)
    commands.register("chat.unraid", unraid)
    commands.register("chat.hide", hide)
    commands.register("chat.unhide", unhide)
    moderators_own: dict[str, Act] = {
        "delete": delete,
        "timeout": time_out,
        "ban": ban,
        "unban": unban,
        "warn": warn,
        "note": note,
        "pin": pin,
        "unpin": unpin,
        "clear": clear,
        "modes": set_modes,
        "decide": decide,
        "poll": open_poll,
        "end_poll": end_poll,
        "cancel_poll": cancel_poll,
    }
    for name, act in moderators_own.items():
        commands.register(f"chat.{name}", _moderated(act))


def _moderated(act: Act) -> commands.Handler:
    """A command about a room that only who keeps order there may give."""

    def handle(caller: Caller, payload: Payload) -> Answer:
        user = user_of(caller)
        room, _standing = get_moderated_room(user, payload.get("room"), timezone.now())
        return act(user, room, payload)

    return handle


def post(caller: Caller, payload: Payload) -> Answer:
    """{"room", "text", "client_id", "reply_to"}: the line as it was written, or what a slash command says."""
    author, now = user_of(caller), timezone.now()
    room, text = get_room(author, payload.get("room")), payload.get("text")
    if isinstance(text, str) and slash.is_command(text):
        return {"notice": slash.run(text, slash.Context(author, room, standing_of(author, room.channel, now), now))}
    message = actions.post_message(
        room=room,
        author=author,
        text=text,
        client_id=_client_id(payload.get("client_id")),
        reply_seq=payload.get("reply_to"),
        now=now,
    )
    if isinstance(message, HeldMessage):
        return {"notice": _("Your message waits for a moderator.")}
    return {"line": describe_message(message), "shown_at": message.shown_at.isoformat()}


def enter(caller: Caller, payload: Payload) -> Answer:
    """{"room"}: what the page shows of a room, or why it is closed. Its lines come over HTTP: they may be many."""
    now = timezone.now()
    room = get_room(caller.user, payload.get("room"))
    standing = standing_of(caller.user, room.channel, now)
    return describe_entry(room, standing, now, with_lines=False) | {"rooms": describe_rooms(room, standing, now)}


def acknowledge(caller: Caller, payload: Payload) -> Answer:
    """{"room"}: somebody has read their warning."""
    user, now = user_of(caller), timezone.now()
    room, _standing = get_readable_room(user, payload.get("room"), now)
    actions.acknowledge_warnings(channel=room.channel, user=user, now=now)
    return None


def vote(caller: Caller, payload: Payload) -> Answer:
    """{"room", "poll", "choice"}: what was chosen, from nought."""
    user, now, choice = user_of(caller), timezone.now(), payload.get("choice")
    poll = get_running_poll(get_room(user, payload.get("room")), payload.get("poll") or 0)
    if type(choice) is not int:
        raise OutOfBounds
    return {"choice": actions.vote(poll=poll, user=user, choice=choice, now=now).choice}


def raid(caller: Caller, payload: Payload) -> Answer:
    """{"channel", "target"}: send the channel's viewers to the channel of that name."""
    by, now = user_of(caller), timezone.now()
    source = get_run_channel(by, payload.get("channel"), now)
    actions.announce_raid(source=source, target=get_raid_target(payload.get("target")), by=by, now=now)
    return None


def unraid(caller: Caller, payload: Payload) -> Answer:
    """{"channel"}."""
    by, now = user_of(caller), timezone.now()
    source = get_run_channel(by, payload.get("channel"), now)
    actions.cancel_raid(raid=get_counting_raid(source), by=by, now=now)
    return None


def hide(caller: Caller, payload: Payload) -> Answer:
    """{"room", "user"}: whose lines the caller doesn't want to read on the channel."""
    user, room = user_of(caller), get_room(caller.user, payload.get("room"))
    person = get_somebody(payload.get("user"))
    actions.hide_person(user=user, channel=room.channel, person=person, now=timezone.now())
    return None


def unhide(caller: Caller, payload: Payload) -> Answer:
    """{"room", "user"}."""
    user, room = user_of(caller), get_room(caller.user, payload.get("room"))
    actions.unhide_person(user=user, channel=room.channel, person=get_somebody(payload.get("user")))
    return None


def delete(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "seq"}."""
    actions.delete_message(message=get_message(room, payload.get("seq")), by=by, now=timezone.now())
    return None


def time_out(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "user", "seconds", "reason"}."""
    seconds = payload.get("seconds")
    if type(seconds) is not int or not 0 <= seconds <= 10**8:
        raise OutOfBounds(_("A timeout lasts 1 second to 14 days."))
    actions.time_out_user(length=timedelta(seconds=seconds), **_of(by, room, payload), reason=_reason(payload))
    return None


def ban(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "user", "reason"}."""
    actions.ban_user(**_of(by, room, payload), reason=_reason(payload))
    return None


def unban(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "user"}: of a timeout as well."""
    actions.lift_sanctions(**_of(by, room, payload))
    return None


def warn(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "user", "reason"}."""
    if not (reason := _reason(payload).strip()):
        raise BadText(_("Say what the warning is about."))
    actions.warn_user(**_of(by, room, payload), reason=reason)
    return None


def note(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "user", "text"}."""
    actions.add_note(**_of(by, room, payload), text=_text(payload, "text"))
    return None


def pin(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "seq", "minutes"}: without minutes until further notice."""
    minutes = payload.get("minutes")
    if minutes is not None and (type(minutes) is not int or not 0 <= minutes <= 10**6):
        raise OutOfBounds
    message = get_message(room, payload.get("seq"))
    actions.pin_message(message=message, by=by, minutes=minutes, now=timezone.now())
    return None


def unpin(by: User, room: Room, payload: Payload) -> Answer:
    actions.unpin(room=room, by=by, now=timezone.now())
    return None


def clear(by: User, room: Room, payload: Payload) -> Answer:
    actions.clear_room(room=room, by=by, now=timezone.now())
    return None


def set_modes(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "changes"}: modes and their values; "minutes" with "subscribers_only" says for how long."""
    changes, now = payload.get("changes"), timezone.now()
    if not isinstance(changes, dict) or not changes.keys() <= (MODES - {"subscribers_only_until"}) | {"minutes"}:
        raise OutOfBounds
    rest = {name: value for name, value in changes.items() if name not in ("subscribers_only", "minutes")}
    if not all(value is None or type(value) in (int, bool, str) for value in rest.values()):
        raise OutOfBounds
    actions.change_room(room=room, by=by, changes=rest, now=now)
    if scope := changes.get("subscribers_only"):
        minutes = changes.get("minutes")
        whole = minutes if type(minutes) is int else None
        actions.restrict_to_subscribers(room=room, by=by, now=now, scope=str(scope), minutes=whole)
    elif "subscribers_only" in changes:
        actions.lift_restriction(room=room, by=by, now=now)
    return None


def decide(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "held", "allow"}."""
    held = get_held(room.channel, payload.get("held"))
    actions.decide(held=held, is_allowed=payload.get("allow") is True, by=by, now=timezone.now())
    return None


def open_poll(by: User, room: Room, payload: Payload) -> Answer:
    """{"room", "question", "options", "seconds"}."""
    options, seconds = payload.get("options"), payload.get("seconds")
    if not isinstance(options, list) or type(seconds) is not int:
        raise OutOfBounds
    question = payload.get("question")
    actions.open_poll(room=room, by=by, question=question, options=options, seconds=seconds, now=timezone.now())
    return None


def end_poll(by: User, room: Room, payload: Payload) -> Answer:
    """{"room"}."""
    actions.end_poll(poll=get_running_poll(room), by=by, now=timezone.now())
    return None


def cancel_poll(by: User, room: Room, payload: Payload) -> Answer:
    """{"room"}."""
    actions.cancel_poll(poll=get_running_poll(room), by=by, now=timezone.now())
    return None


def user_of(caller: Caller) -> User:
    if not isinstance(caller.user, User):
        raise NotLoggedIn
    return caller.user


def _of(by: User, room: Room, payload: Payload) -> dict[str, Any]:
    """Whom an act is about, on which channel, by whom and when."""
    user = get_somebody(payload.get("user"))
    return {"channel": room.channel, "user": user, "by": by, "now": timezone.now()}


def _reason(payload: Payload) -> str:
    return _text(payload, "reason")[:500]


def _text(payload: Payload, name: str) -> str:
    value = payload.get(name, "")
    return value if isinstance(value, str) else ""


def _client_id(text: object) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(str(text))
    except ValueError:
        raise BadText from None
