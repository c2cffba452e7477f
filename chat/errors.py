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


class TierWithoutRooms(ChatError):
    """Who subscribes, but to a tier that opens no rooms."""

    code = "tier_without_rooms"
    message = _("This room is for a tier that you don't have.")


class FollowersOnly(ChatError):
    code = "followers_only"
    message = _("Only followers can write here. Follow the channel first.")


class FollowedTooShortly(ChatError):
    code = "followed_too_shortly"
    message = _("You haven't followed this channel for long enough to write here.")


class Banned(ChatError):
    """Reads nothing either."""

    code = "banned"
    message = _("You are banned from this channel's chat.")


class TimedOut(ChatError):
    code = "timed_out"
    message = _("A moderator has sent you out for a while.")


class Warned(ChatError):
    code = "warned"
    message = _("A moderator has warned you. Say that you have read it, and you can write again.")


class RateLimited(ChatError):
    code = "rate_limited"
    message = _("You write too fast.")


class SlowModeActive(ChatError):
    code = "slow_mode"
    message = _("Slow mode is on.")


class EmotesOnly(ChatError):
    code = "emotes_only"
    message = _("Only emotes and emoji can be sent here at the moment.")


class SaidBefore(ChatError):
    code = "said_before"
    message = _("This has been said here in the last minutes.")


class LinksRefused(ChatError):
    code = "links_refused"
    message = _("You can't post links here.")


class WordBlocked(ChatError):
    code = "word_blocked"
    message = _("This contains something that isn't wanted here.")


class ModeratorsAlone(ChatError):
    """A command that only moderators may give."""

    code = "not_a_moderator"
    message = _("Only moderators can do this.")


class EditorsAlone(ChatError):
    code = "not_an_editor"
    message = _("Only the channel's owner and its editors can do this.")


class NotToThem(ChatError):
    code = "not_to_them"
    message = _("You can't do this to somebody who keeps order here.")


class NobodyByThatName(ChatError):
    code = "nobody"
    message = _("There is nobody by that name.")


class OutOfBounds(ChatError):
    code = "out_of_bounds"


class AlreadySo(ChatError):
    """It is as it was asked for."""

    code = "already_so"
    message = _("That is so already.")


class NotAPoll(ChatError):
    code = "not_a_poll"
    message = _("There is no such poll, or it is over.")


class PollRunning(ChatError):
    code = "poll_running"
    message = _("A poll is open in this room. End it first.")


class AlreadyVoted(ChatError):
    """Says for what, in `choice`."""

    code = "already_voted"
    message = _("You have voted already.")


class NoSuchChannel(ChatError):
    code = "no_such_channel"
    message = _("There is no channel by that name.")


class NotARaid(ChatError):
    code = "not_a_raid"
    message = _("There is no raid that could be cancelled.")


class RaidRefused(ChatError):
    """Why a channel's viewers can't be sent there."""

    code = "raid_refused"


class RaidedLately(ChatError):
    code = "raided_lately"
    message = _("Only one raid in five minutes. Wait a little.")
