"""Whom a reader doesn't want to read: their own affair, kept with their account."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, User
from chat.errors import OutOfBounds
from chat.models import HiddenPerson

MOST_HIDDEN = 200


@transaction.atomic
def hide_person(*, user: User, channel: Channel, person: User, now: datetime) -> None:
    """Keep somebody's lines from a reader; harmless when they are hidden. Raises OutOfBounds.

    The reader's row is locked, so that nobody gets past the bound.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    rows = HiddenPerson.objects.filter(user=user, channel=channel)
    if rows.filter(person=person).exists() or person == user:
        return
    if rows.count() >= MOST_HIDDEN:
        raise OutOfBounds(_("You can hide at most 200 people on a channel."))
    HiddenPerson.objects.create(user=user, channel=channel, person=person, created_at=now)


def unhide_person(*, user: User, channel: Channel, person: User) -> None:
    """Let a reader see somebody again; harmless when they weren't hidden."""
    HiddenPerson.objects.filter(user=user, channel=channel, person=person).delete()
