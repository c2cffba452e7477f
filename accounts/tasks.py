"""What workers do for accounts: send mail, tell followers, forget what is old."""

from datetime import timedelta

from celery import Task, shared_task
from django.utils import timezone

from accounts import following, mail, notifications

TRIES = 7
NOTIFICATIONS_KEPT = timedelta(days=90)


@shared_task(name="accounts.tasks.send_letters", bind=True, max_retries=TRIES)
def send_letters(self: "Task[[list[mail.Letter]], None]", letters: list[mail.Letter]) -> None:
    """Send mail. A mail server that is away is asked again for an hour, for what didn't go."""
    if left := mail.deliver(letters):
        raise self.retry(args=(left,), countdown=30 * 2**self.request.retries)


@shared_task(name="accounts.tasks.announce_live")
def announce_live(channel_id: int, key: str, title: str, after: int, with_mail: bool) -> None:
    """Tell one batch of followers that a channel is live, and queue the next one."""
    following.announce_batch(channel_id=channel_id, key=key, title=title, after=after, with_mail=with_mail)


@shared_task(name="accounts.tasks.forget_notifications")
def forget_notifications() -> None:
    """Delete what people were told long ago."""
    notifications.forget_before(timezone.now() - NOTIFICATIONS_KEPT)
