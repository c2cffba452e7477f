"""Following channels, and telling followers that one is live. A stand-in that tells nobody."""

import logging
from datetime import datetime

from accounts.models import Channel, Follow, User

log = logging.getLogger(__name__)


def follow(*, channel: Channel, user: User) -> Follow:
    """Follow a channel; harmless when one does already."""
    return Follow.objects.get_or_create(channel=channel, user=user)[0]


def unfollow(*, channel: Channel, user: User) -> None:
    Follow.objects.filter(channel=channel, user=user).delete()


def follow_of(user: User, channel: Channel) -> Follow | None:
    return Follow.objects.filter(channel=channel, user=user).first()


def announce_on_commit(*, channel: Channel, key: str, title: str, now: datetime) -> None:
    """Tell a channel's followers, once a key, that it is live."""
    log.info("followers of %s are told of %s", channel.name, title)
