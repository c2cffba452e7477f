"""The only door for untrusted ids: what somebody may watch or run."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from accounts.models import Channel, User
from streaming.errors import NotWatchable
from streaming.models import Broadcast

Viewer = User | AnonymousUser


def get_watchable_channel(viewer: Viewer, name: str) -> Channel:
    """A channel by its address; suspended ones are shown to their owner and to staff."""
    channel = Channel.objects.select_related("owner").filter(name=name).first()
    if channel is None or (channel.is_suspended and not _keeps(viewer, channel)):
        raise NotWatchable(name)
    return channel


def get_watchable_broadcast(viewer: Viewer, broadcast_id: UUID) -> Broadcast:
    broadcast = Broadcast.objects.select_related("channel").filter(pk=broadcast_id).first()
    if broadcast is None or (broadcast.channel.is_suspended and not _keeps(viewer, broadcast.channel)):
        raise NotWatchable(str(broadcast_id))
    return broadcast


def _keeps(viewer: Viewer, channel: Channel) -> bool:
    return viewer.is_authenticated and (viewer.is_staff or viewer.pk == channel.owner_id)
