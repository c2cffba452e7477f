"""Why realtime says no."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class CommandRefused(Exception):
    """A command is turned down: `code` is for scripts, `message` for the person, facts for both.

    Handlers raise their own.
    """

    code = "refused"
    message: str | Promise = _("This can't be done.")

    def __init__(self, message: str | Promise = "", code: str = "", **facts: Any) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.facts = facts
        super().__init__(self.code)


class Malformed(CommandRefused):
    code = "malformed"
    message = _("This isn't a command.")


class UnknownCommand(CommandRefused):
    code = "unknown_command"
    message = _("There is no such command.")


class NotAllowed(CommandRefused):
    """The same for topics that aren't there, so that nobody can probe for them."""

    code = "not_allowed"
    message = _("You can't follow this.")


class TooFast(CommandRefused):
    code = "too_fast"
    message = _("Too fast. Wait a moment.")


class TooManyTopics(CommandRefused):
    code = "too_many_topics"
    message = _("This page follows too many things at once.")


class Unavailable(CommandRefused):
    """The database is away: nothing was done."""

    code = "unavailable"
    message = _("The server can't take this at the moment. Try again soon.")


class WentWrong(CommandRefused):
    code = "went_wrong"
    message = _("Something went wrong. Try again.")
