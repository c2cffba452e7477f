"""Why Spaces say no. The text of each is for the person who asked."""

from django.utils.translation import gettext_lazy as _

from realtime.errors import CommandRefused


class SpaceError(CommandRefused):
    """Base of what Spaces refuse."""


class NotThere(SpaceError):
    """The same for what is hidden, so that nobody can probe for it."""

    code = "not_there"
    message = _("There is no such Space, or it isn't open to you.")


class NotLoggedIn(SpaceError):
    code = "not_logged_in"
    message = _("Log in to take part.")


class FollowersOnly(SpaceError):
    code = "followers_only"
    message = _("This Space is for those who follow the channel.")


class SubscribersOnly(SpaceError):
    code = "subscribers_only"
    message = _("This Space is for those who subscribe to the channel.")


class TicketsOnly(SpaceError):
    code = "tickets_only"
    message = _("This Space is for those who have a ticket.")


class NoSuchEvent(SpaceError):
    code = "no_such_event"
    message = _("Choose an event of this channel to which tickets are sold and that has no Space yet.")


class Removed(SpaceError):
    code = "removed"
    message = _("You were removed from this Space.")


class NotLive(SpaceError):
    code = "not_live"
    message = _("This Space isn't open at the moment.")


class SeatGone(SpaceError):
    """The page was away for too long, or never came in: it enters anew."""

    code = "seat_gone"
    message = _("The connection was lost. Come in again.")


class Full(SpaceError):
    code = "full"
    message = _("This Space is full.")


class StageFull(SpaceError):
    code = "stage_full"
    message = _("The stage is full. Somebody must step down first.")


class StageLocked(SpaceError):
    code = "stage_locked"
    message = _("The stage is locked.")


class LeadersOnly(SpaceError):
    code = "leaders_only"
    message = _("Only the host and the co-hosts can do this.")


class HostOnly(SpaceError):
    code = "host_only"
    message = _("Only the host can do this.")


class SpeakersOnly(SpaceError):
    code = "speakers_only"
    message = _("You aren't on the stage.")


class Silenced(SpaceError):
    code = "silenced"
    message = _("A host has muted you.")


class NotInvited(SpaceError):
    code = "not_invited"
    message = _("There is no invitation any more.")


class NotToThem(SpaceError):
    code = "not_to_them"
    message = _("You can't do this to them.")


class NotHere(SpaceError):
    code = "not_here"
    message = _("They aren't in this Space.")


class NotPlanned(SpaceError):
    code = "not_planned"
    message = _("This Space is open or over already.")


class ChannelNarrower(SpaceError):
    """On the channel it would go out to fewer people than may come in, and the others would hear nothing any more."""

    code = "channel_narrower"
    message = _("The channel's broadcasts begin for fewer people than may come into this Space.")


class OneAtATime(SpaceError):
    code = "one_at_a_time"
    message = _("This channel has a Space that is open.")


class NotYourChannel(SpaceError):
    """The same for channels that aren't there."""

    code = "not_your_channel"
    message = _("You don't run this channel.")


class NoSfu(SpaceError):
    code = "no_sfu"
    message = _("This server can't take a broadcast from a browser: its operator runs no media server for it.")


class AnotherEncoder(SpaceError):
    code = "another_encoder"
    message = _("Another encoder is live on this channel, or it shows a Space. Stop that first.")


class LiveElsewhere(SpaceError):
    code = "live_elsewhere"
    message = _("Somebody else is live on this channel from their browser.")


class SoloOver(SpaceError):
    """What was live from this browser is so no more."""

    code = "solo_over"
    message = _("Your page was away for too long, and the broadcast has ended.")


class TooOften(SpaceError):
    code = "too_often"
    message = _("That was too often. Wait a moment.")


class BadPayload(SpaceError):
    code = "bad_payload"
    message = _("This can't be done.")
