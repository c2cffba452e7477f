"""Who may do what on a channel."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import Channel, User

Visitor = User | AnonymousUser


def can_edit(user: Visitor, channel: Channel) -> bool:
    """Owner or editor: they run broadcasts."""
    return user.is_authenticated and channel.owner_id == user.pk


def is_crew(user: Visitor, channel: Channel) -> bool:
    """Owner, editor or moderator."""
    return can_edit(user, channel)
