"""What somebody is on a channel."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import Channel, ChannelRole, User


def role_on(user: User | AnonymousUser, channel: Channel) -> str | None:
    """The role of a user on a channel, or None."""
    if not isinstance(user, User):
        return None
    if channel.owner_id == user.pk:
        return ChannelRole.Role.OWNER
    return ChannelRole.objects.filter(channel=channel, user=user).values_list("role", flat=True).first()
