"""Following channels, and telling followers that one is live."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import notifications
from accounts.access import is_blocked
from accounts.errors import NotFollowable
from accounts.mail import write_to
from accounts.models import Channel, Follow, Notification, SiteSettings, User
from accounts.queues import enqueue_on_commit
from realtime import outbox

FOLLOWED, UNFOLLOWED = "accounts.followed", "accounts.unfollowed"
BATCH = 500
LETTERS = 50
# An encoder that comes and goes fills no mailboxes.
MAIL_AGAIN_AFTER = timedelta(minutes=30)


@transaction.atomic
def follow(*, channel: Channel, user: User) -> Follow:
    """Follow a channel; harmless when one does already. Raises NotFollowable."""
    if channel.is_suspended or is_blocked(user, by=channel.owner):
        raise NotFollowable
    row, is_new = Follow.objects.get_or_create(channel=channel, user=user)
    if is_new:
        outbox.emit(FOLLOWED, {"channel": channel.pk, "user": user.pk})
    return row


@transaction.atomic
def unfollow(*, channel: Channel, user: User) -> None:
    gone, _by_model = Follow.objects.filter(channel=channel, user=user).delete()
    if gone:
        outbox.emit(UNFOLLOWED, {"channel": channel.pk, "user": user.pk})


def follow_of(user: User, channel: Channel) -> Follow | None:
    return Follow.objects.filter(channel=channel, user=user).first()


def announce_on_commit(*, channel: Channel, key: str, title: str, now: datetime) -> None:
    """Tell a channel's followers, once a key, that it is live; those who want it by mail too."""
    from accounts.tasks import announce_live

    mailed_at = channel.live_mailed_at
    with_mail = mailed_at is None or now - mailed_at >= MAIL_AGAIN_AFTER
    if with_mail:
        Channel.objects.filter(pk=channel.pk).update(live_mailed_at=now)
    enqueue_on_commit(announce_live, channel.pk, key, title, 0, with_mail)


@transaction.atomic
def announce_batch(*, channel_id: int, key: str, title: str, after: int, with_mail: bool) -> None:
    """The followers behind a follow's id: rows, pushes and mail for them, and a task for those behind them."""
    from accounts.tasks import announce_live, send_letters

    channel = Channel.objects.filter(pk=channel_id, is_suspended=False).first()
    if channel is None:
        return
    follows = Follow.objects.filter(channel=channel, pk__gt=after).select_related("user").order_by("pk")
    batch = list(follows[:BATCH])
    present = [follow for follow in batch if follow.user.is_active]
    to_tell = [follow.user_id for follow in present if follow.notify and follow.user.live_in_page]
    now = timezone.now()
    facts = {"channel": channel.name, "title": title}
    rows = [
        Notification(user_id=user_id, kind="went_live", facts=facts, url=f"/@{channel.name}", key=key, created_at=now)
        for user_id in to_tell
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    notifications.push(to_tell)
    if with_mail:
        url = f"{settings.PUBLIC_URL}/@{channel.name}"
        about = {"channel": channel, "title": title, "url": url, "site": SiteSettings.load()}
        letters = [
            write_to(follow.user, "mail/went_live", about)
            for follow in present
            if follow.notify_by_mail and follow.user.live_by_mail and follow.user.email
        ]
        for start in range(0, len(letters), LETTERS):
            enqueue_on_commit(send_letters, letters[start : start + LETTERS])
    if len(batch) == BATCH:
        enqueue_on_commit(announce_live, channel_id, key, title, batch[-1].pk, with_mail)
