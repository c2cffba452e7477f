"""Whoever has a ticket is told when their event moves to another time."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts import notifications
from accounts.following import LETTERS
from accounts.mail import write_to
from accounts.models import Notification, SiteSettings, User
from accounts.queues import enqueue_on_commit
from accounts.tasks import send_letters
from monetization.models import TicketedEvent
from realtime import outbox
from realtime.outbox import Payload

MOVED = "monetization.event_moved"
_AT_A_TIME = 500


def register() -> None:
    notifications.register("event_moved", _("“%(title)s” on %(channel)s is at another time: %(at_time)s."))
    notifications.register_words("at_time", _in_words)
    outbox.register(MOVED, "monetization.tell_moved", tell_moved)


def _in_words(fact: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(fact)), "DATETIME_FORMAT")


def note_moved(event: TicketedEvent) -> None:
    """Have its ticket holders told, once the transaction that moved it is committed."""
    outbox.emit(MOVED, {"event": event.pk, "change": event.scheduled.sequence})


def tell_moved(payload: Payload) -> None:
    """In the page and by mail; of when it is by now."""
    event = TicketedEvent.objects.select_related("scheduled__channel").get(pk=payload["event"])
    if event.state != TicketedEvent.State.SELLING:
        return
    holders = User.objects.filter(pk__in=event.tickets.valid().values("holder"), is_active=True).order_by("pk")
    after = 0
    while batch := list(holders.filter(pk__gt=after)[:_AT_A_TIME]):
        _tell(batch, event, f"moved:{event.pk}:{payload['change']}")
        after = batch[-1].pk


@transaction.atomic
def _tell(holders: list[User], event: TicketedEvent, key: str) -> None:
    now, name = timezone.now(), event.channel.name
    url = reverse("event", args=[name, event.scheduled_id])
    facts = {"title": event.title, "channel": name, "at_time": event.scheduled.starts_at.isoformat()}
    told = set(Notification.objects.filter(key=key, user__in=holders).values_list("user", flat=True))
    new = [user for user in holders if user.pk not in told]
    Notification.objects.bulk_create(
        [Notification(user=user, kind="event_moved", facts=facts, url=url, key=key, created_at=now) for user in new],
        ignore_conflicts=True,
    )
    notifications.push(user.pk for user in new)
    about = {"event": event, "name": name, "url": settings.PUBLIC_URL + url, "site": SiteSettings.load()}
    letters = [write_to(user, "mail/event_moved", dict(about)) for user in new if user.email]
    for start in range(0, len(letters), LETTERS):
        enqueue_on_commit(send_letters, letters[start : start + LETTERS])
