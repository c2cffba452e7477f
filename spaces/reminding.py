"""Whoever asked for it is told before an announced Space begins, and when it won't.

A reminder is a row until it was told of; the sweep takes those that are due, so that what a crash leaves is told a
little later, and nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import notifications
from accounts.following import LETTERS
from accounts.mail import Letter, write_to
from accounts.models import Notification, SiteSettings, User
from accounts.queues import enqueue_on_commit
from accounts.tasks import send_letters
from spaces import limits
from spaces.errors import NotPlanned
from spaces.models import Reminder, Space

AT_A_TIME = 500
_KINDS = {
    Space.State.PLANNED: "space_soon",
    Space.State.LIVE: "space_open",
    Space.State.CANCELLED: "space_off",
}


def register() -> None:
    notifications.register("space_soon", _("The Space “%(title)s” of %(channel)s begins in a few minutes."))
    notifications.register("space_open", _("The Space “%(title)s” of %(channel)s is open."))
    notifications.register("space_off", _("The Space “%(title)s” of %(channel)s was called off."))


def remind(*, space: Space, user: User, now: datetime) -> None:
    """Have somebody told before it begins. Raises NotPlanned or TooOften."""
    limits.count("remind", user.pk)
    if space.state != Space.State.PLANNED:
        raise NotPlanned
    Reminder.objects.get_or_create(space=space, user=user, defaults={"created_at": now})


def forget(*, space: Space, user: User) -> None:
    """Don't tell them after all. Raises TooOften."""
    limits.count("remind", user.pk)
    Reminder.objects.filter(space=space, user=user).delete()


def is_wanted(space: Space, user: User) -> bool:
    return Reminder.objects.filter(space=space, user=user).exists()


def tell_anew(space: Space) -> None:
    """What people were told of it holds no more: they are told once again."""
    space.reminders.update(told_at=None)


def tell_due(now: datetime) -> int:
    """Tell those who are to be told now; how many rows that were."""
    told = 0
    while batch := _tell_batch(now):
        told += batch
    return told


@transaction.atomic
def _tell_batch(now: datetime) -> int:
    rows = Reminder.objects.due(now).select_related("space__channel", "user").order_by("pk")
    batch = list(rows.select_for_update(of=("self",), skip_locked=True)[:AT_A_TIME])
    Reminder.objects.filter(pk__in=[row.pk for row in batch]).update(told_at=now)
    allowed = _allowed(batch)
    wanted = [row for row in batch if row.pk in allowed]
    _tell_in_page(wanted, now)
    _tell_by_mail(wanted)
    return len(batch)


def _allowed(batch: Sequence[Reminder]) -> set[int]:
    """Without those whom the host keeps away by now, and what the house has shut."""
    rows = Reminder.objects.filter(pk__in=[row.pk for row in batch], user__is_active=True)
    rows = rows.filter(space__channel__is_suspended=False).exclude(user__blocked_by__blocker=F("space__host"))
    return set(rows.values_list("pk", flat=True))


def _tell_in_page(rows: Sequence[Reminder], now: datetime) -> None:
    told = [row for row in rows if row.user.spaces_in_page]
    Notification.objects.bulk_create(_notification(row, now) for row in told)
    notifications.push(row.user_id for row in told)


def _notification(row: Reminder, now: datetime) -> Notification:
    space = row.space
    facts = {"title": space.title, "channel": space.channel.name}
    kind = _KINDS[Space.State(space.state)]
    return Notification(user=row.user, kind=kind, facts=facts, url=space.get_absolute_url(), created_at=now)


def _tell_by_mail(rows: Sequence[Reminder]) -> None:
    site = SiteSettings.load()
    letters = [_letter(row, site) for row in rows if row.user.spaces_by_mail and row.user.email]
    for start in range(0, len(letters), LETTERS):
        enqueue_on_commit(send_letters, letters[start : start + LETTERS])


def _letter(row: Reminder, site: SiteSettings) -> Letter:
    url = settings.PUBLIC_URL + row.space.get_absolute_url()
    facts = {"space": row.space, "name": row.space.channel.name, "url": url, "site": site}
    return write_to(row.user, f"mail/{_KINDS[Space.State(row.space.state)]}", facts)
