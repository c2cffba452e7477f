"""What people do with channels: open, describe, approve, suspend."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from django.db import transaction
from PIL import Image

from accounts import audit
from accounts.errors import NameTaken, TooManyChannels
from accounts.models import Channel, SiteSettings, User
from accounts.names import check_not_reserved
from accounts.notifications import notify
from accounts.pictures import AVATAR, BANNER, remove_on_commit, store_picture

log = logging.getLogger(__name__)

EDITABLE = ("title", "description", "sponsor")
SHAPES = {"avatar": AVATAR, "banner": BANNER}


@transaction.atomic
def open_channel(*, name: str, owner: User | None, title: str = "") -> Channel:
    """The operator's: the channel of this name, made when there is none. Raises ValidationError for a bad name."""
    channel = Channel.objects.filter(name=name).first()
    if channel is None:
        channel = Channel(name=name, title=title, owner=owner)
        channel.full_clean()
        channel.save()
    return channel


@transaction.atomic
def open_own_channel(*, owner: User, name: str, title: str = "", description: str = "") -> Channel:
    """A person's own channel, suspended until approved where that is the rule.

    The person's row is locked, so that nobody gets past the limit by asking twice. Raises TooManyChannels, NameTaken
    (somebody else's user name as well), or ValidationError.
    """
    User.objects.select_for_update().get(pk=owner.pk)
    site = SiteSettings.load()
    if owner.channels.count() >= site.channels_a_person:
        raise TooManyChannels
    check_not_reserved(name)
    taken_by_person = User.objects.filter(username__iexact=name).exclude(pk=owner.pk).exists()
    if taken_by_person or Channel.objects.filter(name__iexact=name).exists():
        raise NameTaken
    pending = site.channels_need_approval
    channel = Channel(
        name=name, title=title, description=description, owner=owner, is_pending=pending, is_suspended=pending
    )
    channel.full_clean()
    channel.save()
    audit.record(owner, "opened channel", channel, pending=pending)
    return channel


@transaction.atomic
def edit_channel(*, channel: Channel, by: User, changes: Mapping[str, str]) -> Channel:
    """Change title, description or sponsor. Raises ValidationError."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    changed = [field for field in EDITABLE if field in changes and changes[field] != getattr(channel, field)]
    for field in changed:
        setattr(channel, field, changes[field])
    if changed:
        channel.full_clean()
        channel.save(update_fields=changed)
        audit.record(by, "edited channel", channel, changed=changed)
    return channel


@transaction.atomic
def set_channel_picture(
    *, channel: Channel, which: Literal["avatar", "banner"], picture: Image.Image | None, by: User
) -> Channel:
    """Put a new picture in the old one's place, or none."""
    name = store_picture(picture, SHAPES[which]) if picture else ""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    remove_on_commit(getattr(channel, which))
    setattr(channel, which, name)
    channel.save(update_fields=[which])
    audit.record(by, f"changed {which}", channel)
    return channel


@transaction.atomic
def approve_channel(*, channel: Channel, by: User, now: datetime) -> Channel:
    """Let a channel that waits for it go live. Harmless when none waits."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if channel.is_pending:
        channel.is_pending = channel.is_suspended = False
        channel.save(update_fields=["is_pending", "is_suspended"])
        audit.record(by, "approved channel", channel)
        _tell_owner(channel, "channel_approved", now)
    return channel


@transaction.atomic
def mark_suspended(*, channel: Channel, by: User, now: datetime, **facts: str) -> Channel:
    """Out of sight. What is live has to be ended too: `streaming.actions.suspend_channel` does both."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if not channel.is_suspended:
        channel.is_suspended = True
        channel.save(update_fields=["is_suspended"])
        audit.record(by, "suspended channel", channel, **facts)
        _tell_owner(channel, "channel_suspended", now)
    return channel


@transaction.atomic
def lift_suspension(*, channel: Channel, by: User, now: datetime) -> Channel:
    """Back in sight, approved of as well."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if channel.is_suspended:
        channel.is_pending = channel.is_suspended = False
        channel.save(update_fields=["is_pending", "is_suspended"])
        audit.record(by, "restored channel", channel)
        _tell_owner(channel, "channel_restored", now)
    return channel


@transaction.atomic
def raise_key_version(*, channel: Channel, by: User) -> Channel:
    """Make the channel's present stream key worthless; the new one follows from the raised version."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    channel.key_version += 1
    channel.save(update_fields=["key_version"])
    audit.record(by, "reset stream key", channel)
    log.info("stream key of channel %s reset by %s", channel.name, by.username)
    return channel


def _tell_owner(channel: Channel, kind: str, now: datetime) -> None:
    if channel.owner is not None:
        notify(user=channel.owner, kind=kind, now=now, url=f"/studio/{channel.name}/", channel=channel.name)
