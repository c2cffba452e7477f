"""What people with power do to channels."""

import logging

from django.db import transaction

from accounts.models import Channel, User

log = logging.getLogger(__name__)


@transaction.atomic
def open_channel(*, name: str, owner: User | None, title: str = "") -> Channel:
    """The channel of this name, made when there is none. Raises ValidationError for a bad name."""
    channel = Channel.objects.filter(name=name).first()
    if channel is None:
        channel = Channel(name=name, title=title, owner=owner)
        channel.full_clean()
        channel.save()
    return channel


@transaction.atomic
def raise_key_version(*, channel: Channel, by: User) -> Channel:
    """Make the channel's present stream key worthless; the new one follows from the raised version."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    channel.key_version += 1
    channel.save(update_fields=["key_version"])
    log.info("stream key of channel %s reset by %s", channel.name, by.username)
    return channel
