"""Who works on a channel: appointed by its owner, by name, and told."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.access import is_blocked
from accounts.errors import NotAppointable
from accounts.models import Channel, ChannelRole, User
from accounts.notifications import notify

MOST = 200


@transaction.atomic
def appoint(*, channel: Channel, user: User, role: ChannelRole.Role, by: User, now: datetime) -> ChannelRole:
    """Give somebody a role, in place of the one they had. Raises NotAppointable."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if role == ChannelRole.Role.OWNER or user.pk == channel.owner_id:
        raise NotAppointable(_("The owner needs no role."))
    if is_blocked(by, by=user):
        raise NotAppointable(_("This person doesn't want to hear from you."))
    if ChannelRole.objects.filter(channel=channel).exclude(user=user).count() >= MOST:
        raise NotAppointable(_("A channel has at most 200 roles."))
    row = ChannelRole.objects.filter(channel=channel, user=user).first()
    before = row.role if row else ""
    if row is None:
        row = ChannelRole(channel=channel, user=user)
    if before != role:
        row.role = role
        row.save()
        audit.record(by, "appointed", channel, user=user.username, role=str(role), before=before)
        facts = {"by": by.shown_name, "role": str(role), "channel": channel.name}
        notify(user=user, kind="role_given", now=now, url="/studio/", **facts)
    return row


@transaction.atomic
def dismiss(*, role: ChannelRole, by: User, now: datetime) -> None:
    """Take a role away."""
    _end(role, by, "dismissed")
    facts = {"role": role.role, "channel": role.channel.name}
    notify(user=role.user, kind="role_taken", now=now, url="/studio/", **facts)


@transaction.atomic
def resign(*, role: ChannelRole) -> None:
    """Give back one's own role."""
    _end(role, role.user, "resigned")


def _end(role: ChannelRole, by: User, what: str) -> None:
    audit.record(by, what, role.channel, user=role.user.username, role=role.role)
    ChannelRole.objects.filter(pk=role.pk).delete()
