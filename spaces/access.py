"""The only door for untrusted ids: Spaces, the people in them, and the seats that pages have."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.access import is_blocked
from accounts.models import Channel, Follow, User
from accounts.roles import Visitor, can_edit, is_crew
from monetization.entrance import lets_in
from monetization.subscriptions import is_subscriber
from spaces import seating, solos
from spaces.errors import (
    FollowersOnly,
    HostOnly,
    LeadersOnly,
    NotHere,
    NotLive,
    NotLoggedIn,
    NotThere,
    NotYourChannel,
    Removed,
    SeatGone,
    SpeakersOnly,
    SubscribersOnly,
    TicketsOnly,
)
from spaces.models import Audience, Part, Space


@dataclass(frozen=True)
class Presence:
    """A visitor in a Space that they may be in. `part` is what they have beyond listening."""

    space: Space
    user: User | None
    part: Part | None

    @property
    def is_on_stage(self) -> bool:
        return self.part is not None and self.part.is_on_stage

    @property
    def is_leader(self) -> bool:
        return self.part is not None and self.part.is_leader


def get_space(viewer: Visitor, space_id: object) -> Space:
    """A Space whose page this viewer may open. Raises NotThere."""
    rows = Space.objects.select_related("channel__owner", "host", "event__scheduled__channel")
    number = read_uuid(space_id)
    space = rows.filter(pk=number).first() if number else None
    if space is None or (space.channel.is_suspended and not _keeps(viewer, space.channel)):
        raise NotThere
    if viewer.is_authenticated and is_blocked(viewer, by=space.host):
        raise NotThere
    return space


def get_presence(viewer: Visitor, space_id: object, now: datetime) -> Presence:
    """A Space that this viewer may listen to. Raises NotThere or the SpaceError that says who may."""
    space = get_space(viewer, space_id)
    if not isinstance(viewer, User):
        _check_audience(space, None, now)
        return Presence(space, None, None)
    part = Part.objects.filter(space=space, user=viewer).first()
    if part is not None and part.removed_at is not None:
        raise Removed
    if part is None or not _is_let_in(space, part, now):
        _check_audience(space, viewer, now)
    return Presence(space, viewer, part)


def get_seat(viewer: Visitor, token: object, now: datetime) -> tuple[seating.Seat, Presence]:
    """The seat that a page has taken, in a Space that is open and that its person may still be in.

    Raises SeatGone for those of others, as for those that aren't there.
    """
    seat = seating.find(token, now.timestamp()) if isinstance(token, str) else None
    if seat is None or seat.user != (viewer.pk or 0):
        raise SeatGone
    presence = get_presence(viewer, seat.space, now)
    if not presence.space.is_live:
        raise NotLive
    return seat, presence


def get_solo_channel(viewer: Visitor, name: object) -> Channel:
    """A channel on which somebody may go live from their browser: the owner and the editors. Raises NotYourChannel."""
    rows = Channel.objects.select_related("owner").filter(is_suspended=False)
    channel = rows.filter(name=name).first() if isinstance(name, str) and len(name) <= 60 else None
    if channel is None or not isinstance(viewer, User) or not can_edit(viewer, channel):
        raise NotYourChannel
    return channel


def get_solo(viewer: Visitor, name: object, token: object, now: datetime) -> tuple[seating.Seat, solos.Solo]:
    """What a page has live on a channel, by its seat. Raises NotYourChannel, SeatGone or SoloOver."""
    channel = get_solo_channel(viewer, name)
    solo = solos.find(channel, now)
    if solo is None or solo.user != viewer:
        raise solos.over(channel, viewer)
    seat = seating.find(token, now.timestamp()) if isinstance(token, str) else None
    if seat is None or (seat.space, seat.user) != (solo.id, solo.user.pk):
        raise SeatGone
    return seat, solo


def get_speaking_seat(viewer: Visitor, token: object, now: datetime) -> tuple[seating.Seat, Part]:
    """The same for those on the stage. Raises SpeakersOnly."""
    seat, presence = get_seat(viewer, token, now)
    if presence.part is None or not presence.is_on_stage:
        raise SpeakersOnly
    return seat, presence.part


def get_member(viewer: Visitor, space_id: object, now: datetime) -> Presence:
    """An open Space for somebody with a name. Raises NotLoggedIn or NotLive."""
    if not isinstance(viewer, User):
        raise NotLoggedIn
    presence = get_presence(viewer, space_id, now)
    if not presence.space.is_live:
        raise NotLive
    return presence


def get_led(viewer: Visitor, space_id: object, now: datetime) -> Presence:
    """An open Space for its host and co-hosts. Raises LeadersOnly."""
    presence = get_member(viewer, space_id, now)
    if not presence.is_leader:
        raise LeadersOnly
    return presence


def get_hosted(viewer: Visitor, space_id: object, now: datetime) -> Presence:
    """A Space, open or not, for its host. Raises HostOnly."""
    if not isinstance(viewer, User):
        raise NotLoggedIn
    space = get_space(viewer, space_id)
    if space.host_id != viewer.pk:
        raise HostOnly
    return Presence(space, viewer, Part.objects.filter(space=space, user=viewer).first())


def get_somebody(space: Space, who: object) -> User:
    """Somebody in a Space, by number or user name: they needn't have a part yet. Raises NotHere."""
    people = User.objects.filter(is_active=True)
    if type(who) is int and 0 < who < 2**63:
        user = people.filter(pk=who).first()
    else:
        name = who.strip().removeprefix("@") if isinstance(who, str) else ""
        user = people.filter(username__iexact=name).first() if 0 < len(name) <= 32 else None
    if user is None or not (seating.is_seated(space.pk, user.pk) or space.parts.filter(user=user).exists()):
        raise NotHere
    return user


def get_host_channel(user: User, name: str) -> Channel:
    """A channel in whose name somebody may open Spaces: the owner and the editors. Raises NotThere."""
    channel = Channel.objects.select_related("owner").filter(name=name, is_suspended=False).first()
    if channel is None or not can_edit(user, channel):
        raise NotThere
    return channel


def read_uuid(value: object) -> UUID | None:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _is_let_in(space: Space, part: Part, now: datetime) -> bool:
    """Whom hosts have on the stage may be there; where tickets are asked for, only who leads needs none."""
    needs_none = Part.LEADERS if space.audience == Audience.TICKETS else Part.STAGE
    return part.role_on_return(now) in needs_none


def _check_audience(space: Space, viewer: User | None, now: datetime) -> None:
    if space.audience == Audience.PUBLIC:
        return
    if viewer is not None and (viewer.is_staff or viewer.pk == space.host_id or is_crew(viewer, space.channel)):
        return
    if space.audience == Audience.FOLLOWERS:
        if viewer is None or not Follow.objects.filter(user=viewer, channel=space.channel_id).exists():
            raise FollowersOnly
    elif space.audience == Audience.TICKETS:
        if viewer is None or space.event is None or not lets_in(viewer, space.event):
            raise TicketsOnly
    elif viewer is None or not is_subscriber(viewer, space.channel, now):
        raise SubscribersOnly


def _keeps(viewer: Visitor, channel: Channel) -> bool:
    return viewer.is_authenticated and (viewer.is_staff or viewer.pk == channel.owner_id)
