"""Why chat says no. The text of each is for the person who asked."""

from django.utils.translation import gettext_lazy as _

from realtime.errors import CommandRefused


class ChatError(CommandRefused):
    """Base of what chat refuses."""


class NotThere(ChatError):
    """The same for what is hidden, so that nobody can probe for it."""

    code = "not_there"
    message = _("There is no such room, or it isn't open to you.")


class NotLoggedIn(ChatError):
    code = "not_logged_in"
    message = _("Log in to write.")


class BadText(ChatError):
    code = "bad_text"
    message = _("Write something, 500 characters at most.")


class NotAMessage(ChatError):
    code = "not_a_message"
    message = _("There is no such message any more.")


class Blocked(ChatError):
    code = "blocked"
    message = _("You can't write in this channel's chat.")


class ModeratorsOnly(ChatError):
    code = "moderators_only"
    message = _("Only moderators can write here.")


class SubscribersOnly(ChatError):
    code = "subscribers_only"
    message = _("Only subscribers can write here at the moment.")


class FollowersOnly(ChatError):
    code = "followers_only"
    message = _("Only followers can write here. Follow the channel first.")


class FollowedTooShortly(ChatError):
    code = "followed_too_shortly"
    message = _("You haven't followed this channel for long enough to write here.")
