"""The only door for untrusted ids: names and numbers from outside become rows here, or NotThere."""

from django.db.models import Count, Q, QuerySet

from accounts.errors import NotThere
from accounts.models import Block, Channel, ChannelRole, Follow, User
from accounts.roles import Visitor, can_edit, is_crew, is_owner, role_on

__all__ = ["role_on"]


def get_person(name: str) -> User:
    """Somebody who is here, by user name in any case."""
    user = User.objects.filter(username__iexact=name, is_active=True).first()
    if user is None:
        raise NotThere
    return user


def get_public_channel(name: str) -> Channel:
    channel = Channel.objects.select_related("owner").filter(name=name, is_suspended=False).first()
    if channel is None:
        raise NotThere
    return channel


def get_crew_channel(user: Visitor, name: str) -> Channel:
    """A channel that this person works on, as owner, editor or moderator."""
    channel = _get_channel(name)
    if not is_crew(user, channel):
        raise NotThere
    return channel


def get_editable_channel(user: Visitor, name: str) -> Channel:
    channel = _get_channel(name)
    if not can_edit(user, channel):
        raise NotThere
    return channel


def get_owned_channel(user: Visitor, name: str) -> Channel:
    channel = _get_channel(name)
    if not is_owner(user, channel):
        raise NotThere
    return channel


def get_role(channel: Channel, role_id: int) -> ChannelRole:
    """A role on a channel that was got through this door."""
    role = ChannelRole.objects.select_related("user", "channel").filter(pk=role_id, channel=channel).first()
    if role is None:
        raise NotThere
    return role


def get_own_role(user: User, channel_name: str) -> ChannelRole:
    role = ChannelRole.objects.select_related("user", "channel").filter(channel__name=channel_name, user=user).first()
    if role is None:
        raise NotThere
    return role


def get_own_follow(user: User, follow_id: int) -> Follow:
    follow = Follow.objects.select_related("channel").filter(pk=follow_id, user=user).first()
    if follow is None:
        raise NotThere
    return follow


def get_own_block(user: User, block_id: int) -> Block:
    block = Block.objects.select_related("blocked").filter(pk=block_id, blocker=user).first()
    if block is None:
        raise NotThere
    return block


def channels_of(user: User) -> QuerySet[Channel]:
    """Every channel that somebody works on: theirs, and those on which they have a role."""
    mine = Q(owner=user) | Q(roles__user=user)
    return (
        Channel.objects.select_related("owner")
        .filter(pk__in=Channel.objects.filter(mine).values("pk"))
        .annotate(followers=Count("follows"))
        .order_by("name")
    )


def roles_of(user: User) -> dict[int, str]:
    """The roles somebody was given, by channel id."""
    return dict(ChannelRole.objects.filter(user=user).values_list("channel_id", "role"))


def is_blocked(user: User, by: User | None) -> bool:
    return by is not None and Block.objects.filter(blocker=by, blocked=user).exists()


def _get_channel(name: str) -> Channel:
    channel = Channel.objects.select_related("owner").filter(name=name).first()
    if channel is None:
        raise NotThere
    return channel
