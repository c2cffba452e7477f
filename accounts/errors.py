"""Why accounts says no. The text of each is for the person who asked."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AccountsError(Exception):
    """Base of what accounts refuses; `message` is what the person reads."""

    message: str | Promise = _("That isn't possible.")

    def __init__(self, message: str | Promise | None = None) -> None:
        self.message = message or self.message
        super().__init__(str(self.message))


class NotThere(AccountsError):
    """Nothing here by that name, or nothing that this person may reach."""

    message = _("There is nothing by that name.")


class BadPicture(AccountsError):
    """An upload that is no picture, or too large a one."""


class TooMany(AccountsError):
    message = _("That was too often. Try again later.")


class TooManyChannels(AccountsError):
    message = _("You have as many channels as one person may have here.")


class NameTaken(AccountsError):
    message = _("That name is taken.")


class NotAppointable(AccountsError):
    """This person can't be given a role."""


class NotFollowable(AccountsError):
    message = _("You can't follow this channel.")


class WrongPassword(AccountsError):
    message = _("That is not your password.")


class AlreadyHandled(AccountsError):
    message = _("Somebody has dealt with this already.")
