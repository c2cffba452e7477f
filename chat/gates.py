"""Who may read a room, and who may write in it."""

import math
from datetime import datetime

from chat import doors
from chat.errors import (
    Banned,
    Blocked,
    ChatError,
    FollowedTooShortly,
    FollowersOnly,
    ModeratorsOnly,
    NotLoggedIn,
    TierWithoutRooms,
    TimedOut,
    Warned,
)
from chat.errors import SubscribersOnly as OnlySubscribers
from chat.models import Audience, Room, Sanction
from chat.perks import ROOMS
from chat.standing import Standing

SubscribersOnly = Room.SubscribersOnly


def check_may_read(room: Room, standing: Standing, now: datetime) -> None:
    """Raises the ChatError that says who may."""
    doors.check(room, standing.user, now)
    if standing.sanction is not None and standing.sanction.kind == Sanction.Kind.BAN:
        raise Banned(reason=standing.sanction.reason)
    _check(Audience(room.read_by), room.read_follow_min, standing, now)
    if room.subscribers_only_at(now) == SubscribersOnly.ALL and not standing.is_exempt:
        _check_subscribes(standing)


def may_read(room: Room, standing: Standing, now: datetime) -> bool:
    try:
        check_may_read(room, standing, now)
    except ChatError:
        return False
    return True


def reads_as(standing: Standing) -> Audience:
    """The closest audience that somebody belongs to. What was said to a closer one stays there, in an open room too."""
    if standing.is_moderator:
        return Audience.MODERATORS
    if standing.is_exempt or standing.is_subscriber:
        return Audience.SUBSCRIBERS
    return Audience.FOLLOWERS if standing.followed_at else Audience.EVERYONE


def check_may_write(room: Room, standing: Standing, now: datetime) -> None:
    """By who they are; what the modes say of a message is checked with the message."""
    if standing.user is None:
        raise NotLoggedIn
    check_may_read(room, standing, now)
    if standing.is_blocked:
        raise Blocked
    if standing.sanction is not None:
        _check_sanction(standing.sanction, now)
    _check(Audience(room.write_by), room.write_follow_min, standing, now)
    if standing.is_exempt:
        return
    if room.subscribers_only_at(now):
        _check_subscribes(standing)
    if (minutes := room.followers_only_now_min) is not None:
        _check(Audience.FOLLOWERS, minutes, standing, now)


def _check_sanction(sanction: Sanction, now: datetime) -> None:
    if sanction.kind == Sanction.Kind.WARNING:
        raise Warned(reason=sanction.reason)
    if sanction.until is not None:
        raise TimedOut(reason=sanction.reason, wait_s=math.ceil((sanction.until - now).total_seconds()))


def _check(audience: Audience, follow_min: int, standing: Standing, now: datetime) -> None:
    if audience == Audience.EVERYONE or standing.is_moderator:
        return
    if audience == Audience.MODERATORS:
        raise ModeratorsOnly
    # VIPs are at home in every room but the moderators' own.
    if standing.is_exempt:
        return
    if audience == Audience.SUBSCRIBERS:
        _check_subscribes(standing)
        if not standing.has_perk(ROOMS):
            raise TierWithoutRooms
    if audience == Audience.FOLLOWERS:
        _check_followed(follow_min, standing, now)


def _check_subscribes(standing: Standing) -> None:
    if not standing.is_subscriber:
        raise OnlySubscribers


def _check_followed(minutes: int, standing: Standing, now: datetime) -> None:
    followed = standing.followed_min(now)
    if followed is None:
        raise FollowersOnly(minutes=minutes)
    if followed < minutes:
        raise FollowedTooShortly(minutes=minutes, wait_s=math.ceil((minutes - followed) * 60))
