"""Whoever has a ticket is told when their event moves to another time, and when it is called off: who paid by the
letter that says what goes back, whose ticket was free by one of its own.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
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
from monetization.models import Ticket, TicketedEvent
from realtime import outbox
from realtime.outbox import Payload

MOVED, OFF = "monetization.event_moved", "monetization.event_off"
_AT_A_TIME = 500


def register() -> None:
    notifications.register("event_moved", _("“%(title)s” on %(channel)s is at another time: %(at_time)s."))
    notifications.register_words("at_time", _in_words)
    notifications.register("event_off", _("“%(title)s” on %(channel)s is called off."))
    outbox.register(MOVED, "monetization.tell_moved", tell_moved)
    outbox.register(OFF, "monetization.tell_off", tell_off)


def _in_words(fact: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(fact)), "DATETIME_FORMAT")


def note_moved(event: TicketedEvent) -> None:
    """Have its ticket holders told, once the transaction that moved it is committed."""
    outbox.emit(MOVED, {"event": event.pk, "change": event.scheduled.sequence})


def note_off(event: TicketedEvent) -> None:
    """Have those told who have a free ticket, once the transaction that called it off is committed."""
    outbox.emit(OFF, {"event": event.pk})


def tell_off(payload: Payload) -> None:
    """In the page and by mail."""
    event = TicketedEvent.objects.select_related("scheduled__channel").get(pk=payload["event"])
    _tell_all(event, event.tickets.valid().free(), "event_off", f"off:{event.pk}")


def tell_moved(payload: Payload) -> None:
    """In the page and by mail; of when it is by now."""
    event = TicketedEvent.objects.select_related("scheduled__channel").get(pk=payload["event"])
    if event.state == TicketedEvent.State.SELLING:
        _tell_all(event, event.tickets.valid(), "event_moved", f"moved:{event.pk}:{payload['change']}")


def _tell_all(event: TicketedEvent, tickets: QuerySet[Ticket], kind: str, key: str) -> None:
    holders = User.objects.filter(pk__in=tickets.values("holder"), is_active=True).order_by("pk")
    after = 0
    while batch := list(holders.filter(pk__gt=after)[:_AT_A_TIME]):
        _tell(batch, event, kind, key)
        after = batch[-1].pk


@transaction.atomic
def _tell(holders: list[User], event: TicketedEvent, kind: str, key: str) -> None:
    now, name = timezone.now(), event.channel.name
    url = reverse("event", args=[name, event.scheduled_id])
    facts = {"title": event.title, "channel": name, "at_time": event.scheduled.starts_at.isoformat()}
    told = set(Notification.objects.filter(key=key, user__in=holders).values_list("user", flat=True))
    new = [user for user in holders if user.pk not in told]
    Notification.objects.bulk_create(
        [Notification(user=user, kind=kind, facts=facts, url=url, key=key, created_at=now) for user in new],
        ignore_conflicts=True,
    )
    notifications.push(user.pk for user in new)
    about = {"event": event, "name": name, "url": settings.PUBLIC_URL + url, "site": SiteSettings.load()}
    letters = [write_to(user, f"mail/{kind}", dict(about)) for user in new if user.email]
    for start in range(0, len(letters), LETTERS):
        enqueue_on_commit(send_letters, letters[start : start + LETTERS])
