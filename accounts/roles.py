"""Who may do what on a channel."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import Channel, ChannelRole, User

Role = ChannelRole.Role
Visitor = User | AnonymousUser

CREW = frozenset({Role.OWNER, Role.EDITOR, Role.MODERATOR})
EDITORS = frozenset({Role.OWNER, Role.EDITOR})


def role_on(user: Visitor, channel: Channel) -> ChannelRole.Role | None:
    """The role somebody has on a channel, or None."""
    if not user.is_authenticated or not user.is_active:
        return None
    if channel.owner_id == user.pk:
        return Role.OWNER
    row = ChannelRole.objects.filter(channel=channel, user=user).first()
    return Role(row.role) if row else None


def is_crew(user: Visitor, channel: Channel) -> bool:
    """Owner, editor or moderator."""
    return role_on(user, channel) in CREW


def can_edit(user: Visitor, channel: Channel) -> bool:
    """Owner or editor: they run broadcasts."""
    return role_on(user, channel) in EDITORS


def is_owner(user: Visitor, channel: Channel) -> bool:
    return role_on(user, channel) == Role.OWNER
