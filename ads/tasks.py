"""What workers do for ads: prepare creatives, count what was seen, move what was earned."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from redis import RedisError

from ads import breaks, buying, charging, chat_slots, creatives, doubts, flushing, recounting, store
from ads.models import Creative

log = logging.getLogger(__name__)


@shared_task(name=creatives.PREPARE)
def prepare_creative(creative_id: int) -> None:
    """Make what is played out of an upload, on `batch`."""
    creative = Creative.objects.filter(pk=creative_id).first()
    if creative is not None:
        creatives.prepare(creative)


@shared_task(name="ads.tasks.send_waiting")
def send_waiting() -> None:
    """Uploads that no worker has begun with after some minutes are sent again."""
    since = timezone.now() - timedelta(minutes=15)
    for pk in Creative.objects.filter(state=Creative.State.UPLOADED, created_at__lt=since).values_list("pk", flat=True):
        creatives.send(pk)


@shared_task(name="ads.tasks.flush_events")
def flush_events() -> None:
    """Bring events into PostgreSQL every few seconds, and give back what ran out."""
    try:
        store.reap(timezone.now())
        flushing.flush()
    except RedisError as error:
        log.warning("events of ads wait: %s", error)


@shared_task(name="ads.tasks.settle")
def settle() -> None:
    """Each few minutes: look for what is odd, clear what was held long enough, and tell the ledger."""
    now = timezone.now()
    doubts.note_doubts(now)
    charging.clear_due(now)
    charging.pay_cleared()
    charging.tell_ledger(now)


@shared_task(name="ads.tasks.call_breaks")
def call_breaks() -> None:
    """Breaks of schedules, and cards in lively chats."""
    now = timezone.now()
    breaks.call_due(now)
    try:
        chat_slots.open_slots(now)
    except RedisError as error:
        log.warning("no ads in chats: %s", error)


@shared_task(name="ads.tasks.recount")
def recount() -> None:
    """Each night: sums that pages read are what was counted and charged."""
    recounting.recount(timezone.now())


@shared_task(name="ads.tasks.sweep_refunds")
def sweep_refunds() -> None:
    """What goes back to advertisers' cards, each half minute; their top-ups are swept with all payments."""
    if settings.PAYMENTS != "off":
        buying.sweep_refunds(timezone.now())
