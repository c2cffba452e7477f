"""What moderators, and everybody, can type: `/slow 30`, `/timeout bob 10m`. Pages complete from the same list."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat.errors import ChatError, EditorsAlone, ModeratorsAlone
from chat.models import Room
from chat.standing import Standing

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LENGTH = re.compile(r"(\d{1,9})([smhdw]?)")


class BadCommand(ChatError):
    code = "bad_command"
    message = gettext_lazy("There is no such command. /help lists them.")


@dataclass(frozen=True)
class Context:
    """Who types where."""

    by: User
    room: Room
    standing: Standing
    now: datetime


Run = Callable[[Context, str], str]


@dataclass(frozen=True)
class Command:
    """`usage` is what is typed, `about` what it does; typed alone it opens the dialog `opens`, where there is one.

    Moderators see all of theirs, others only what is for all.
    """

    name: str
    usage: str
    about: str | Promise
    run: Run
    is_for_all: bool = False
    is_for_editors: bool = False
    opens: str = ""


_commands: dict[str, Command] = {}


def register(command: Command) -> None:
    if command.name in _commands:
        raise ValueError(f"/{command.name} is registered already")
    _commands[command.name] = command


def commands_for(standing: Standing) -> list[Command]:
    """What somebody can type, in the order of the alphabet."""
    rows = sorted(_commands.values(), key=lambda command: command.name)
    return [command for command in rows if _is_for(command, standing)]


def _is_for(command: Command, standing: Standing) -> bool:
    if command.is_for_editors:
        return standing.is_editor
    return command.is_for_all or standing.is_moderator


def is_command(text: str) -> bool:
    """A line that begins with a slash and a word; `//` and a lone slash are text."""
    return re.match(r"\s*/[a-z]", text, re.IGNORECASE) is not None


def run(text: str, context: Context) -> str:
    """Do what was typed; answers what its author is told. Raises BadCommand or what the action says."""
    name, _space, rest = text.strip()[1:].partition(" ")
    command = _commands.get(name.lower())
    if command is None:
        raise BadCommand
    if not command.is_for_all and not context.standing.is_moderator:
        raise ModeratorsAlone
    if command.is_for_editors and not context.standing.is_editor:
        raise EditorsAlone
    return command.run(context, rest.strip())


def usage_of(name: str) -> BadCommand:
    """What is said to who left something out."""
    return BadCommand(_("Like this: %(usage)s") % {"usage": f"/{name} {_commands[name].usage}".strip()})


def read_length(word: str, unit: str = "s") -> timedelta:
    """`90`, `10m`, `2h`, `1d`. Raises BadCommand."""
    match = _LENGTH.fullmatch(word.lower())
    if match is None:
        raise BadCommand(_("Write lengths like 30s, 10m, 2h or 1d."))
    seconds = int(match[1]) * _UNITS[match[2] or unit]
    return timedelta(seconds=min(seconds, 10**9))


def is_off(word: str) -> bool:
    return word.lower() in ("off", "0", "no", "stop")
