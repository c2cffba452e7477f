"""The only door for untrusted ids: what somebody may watch or run."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from accounts.models import Channel, ChannelRole, User
from accounts.roles import EDITORS, can_edit
from streaming import gates
from streaming.errors import NotWatchable
from streaming.models import Broadcast, ScheduledBroadcast

Viewer = User | AnonymousUser


def get_watchable_channel(viewer: Viewer, name: str) -> Channel:
    """A channel by its address; suspended ones are shown to their owner and to staff."""
    channel = Channel.objects.select_related("owner").filter(name=name).first()
    if channel is None or (channel.is_suspended and not _keeps(viewer, channel)):
        raise NotWatchable(name)
    return channel


def get_watchable_broadcast(viewer: Viewer, broadcast_id: UUID) -> Broadcast:
    """A broadcast whose page this viewer may open. Whether it plays there is asked of its gate."""
    broadcast = Broadcast.objects.select_related("channel", "category").filter(pk=broadcast_id).first()
    if broadcast is None or (broadcast.channel.is_suspended and not _keeps(viewer, broadcast.channel)):
        raise NotWatchable(str(broadcast_id))
    if not gates.may_see(viewer, broadcast):
        raise NotWatchable(str(broadcast_id))
    return broadcast


def broadcast_shown(viewer: Viewer, channel: Channel) -> Broadcast | None:
    """What the page of a channel shows to this viewer: its broadcast on air, unless that isn't for them to find."""
    on_air = Broadcast.objects.select_related("channel", "category").on_air().on_channel()
    broadcast = on_air.filter(channel=channel).first()
    return broadcast if broadcast and gates.may_find(viewer, broadcast) else None


def broadcast_at(place: str) -> Broadcast | None:
    """What plays at a place other than a channel's page."""
    on_air = Broadcast.objects.select_related("channel", "category").on_air()
    return on_air.filter(place=place).exclude(channel__is_suspended=True).first() if place else None


def edited_channels(user: User) -> QuerySet[Channel]:
    """The channels whose broadcasts this user runs, as owner or as editor."""
    roles = ChannelRole.objects.filter(user=user, role__in=EDITORS)
    return Channel.objects.filter(Q(owner=user) | Q(pk__in=roles.values("channel")))


def get_edited_broadcast(user: User, name: str, broadcast_id: UUID) -> Broadcast:
    """A channel's broadcast for those who run it. Raises NotWatchable for everybody else."""
    rows = Broadcast.objects.select_related("channel", "category")
    broadcast = rows.filter(pk=broadcast_id, channel__name=name).first()
    if broadcast is None or not can_edit(user, broadcast.channel):
        raise NotWatchable(str(broadcast_id))
    return broadcast


def get_scheduled(viewer: Viewer, name: str, scheduled_id: UUID) -> ScheduledBroadcast:
    """Something a channel has announced, cancelled or not."""
    channel = get_watchable_channel(viewer, name)
    rows = ScheduledBroadcast.objects.select_related("channel", "category")
    scheduled = rows.filter(channel=channel, pk=scheduled_id).first()
    if scheduled is None:
        raise NotWatchable(str(scheduled_id))
    return scheduled


def get_edited_scheduled(user: User, name: str, scheduled_id: UUID) -> ScheduledBroadcast:
    rows = ScheduledBroadcast.objects.select_related("channel", "category")
    scheduled = rows.filter(pk=scheduled_id, channel__name=name).first()
    if scheduled is None or not can_edit(user, scheduled.channel):
        raise NotWatchable(str(scheduled_id))
    return scheduled


def _keeps(viewer: Viewer, channel: Channel) -> bool:
    return viewer.is_authenticated and (viewer.is_staff or viewer.pk == channel.owner_id)
