"""What must not be missed upstairs: events written with the change they tell of, handed to each handler at least once.

    outbox.register("streaming.went_live", "accounts.notify_followers", notify_followers)     in AppConfig.ready
    outbox.emit("streaming.went_live", {"broadcast": str(broadcast.pk)})                      in the transaction

Handlers get the payload, run in a transaction of their own, in no promised order, and must bear being called twice
with the same event.
"""

import json
import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from realtime.models import Delivery, OutboxEvent

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]
Handler = Callable[[Payload], None]

DELIVER = "realtime.tasks.deliver_outbox"
# About half an hour in all.
MAX_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(minutes=10)
DELIVERED_KEPT = timedelta(days=7)
DEAD_KEPT = timedelta(days=90)
_DELETED_AT_A_TIME = 1000

_handlers: dict[str, dict[str, Handler]] = {}


def register(kind: str, handler_name: str, handler: Handler) -> None:
    """Have `handler(payload)` called for each event of this kind. Its name is stored: it must stay the same."""
    named = _handlers.setdefault(kind, {})
    if handler_name in named:
        raise ValueError(f"{handler_name} handles {kind} already")
    named[handler_name] = handler


def emit(kind: str, payload: Payload) -> OutboxEvent:
    """Write an event in the caller's transaction, with one delivery for each handler.

    Raises TransactionManagementError outside of a transaction, where the event could come true without its cause.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{kind} must be emitted in a transaction")
    event = OutboxEvent.objects.create(kind=kind, payload=_plain(payload))
    now = timezone.now()
    deliveries = [Delivery(event=event, handler=name, next_attempt_at=now) for name in _handlers.get(kind, {})]
    Delivery.objects.bulk_create(deliveries)
    if deliveries:
        transaction.on_commit(wake_worker)
    return event


def wake_worker() -> None:
    """Have a worker look now. A broker that is away is no error: the sweep looks each second anyway."""
    try:
        current_app.send_task(DELIVER, queue="urgent", expires=10)
    except OperationalError as error:
        log.warning("outbox is not delivered at once: %s", error)


def deliver_next(now: datetime) -> Delivery | None:
    """Deliver what has been due longest and nobody else is at; None when there is nothing.

    The row is locked while its handler runs, and handler and outcome are committed together. A handler that fails is
    rolled back, and the delivery tried again later and later, until it is given up.
    """
    with transaction.atomic():
        due = Delivery.objects.due(now).select_for_update(of=("self",), skip_locked=True)
        delivery = due.select_related("event").first()
        if delivery is None:
            return None
        try:
            with transaction.atomic():
                _handler_of(delivery)(delivery.event.payload)
        except Exception as error:  # noqa: BLE001 whatever a handler raises is kept and tried again
            _note_failure(delivery, error, now)
        else:
            delivery.state, delivery.delivered_at = Delivery.State.DELIVERED, now
            delivery.attempts += 1
            delivery.last_error = ""
        delivery.save()
        return delivery


def _handler_of(delivery: Delivery) -> Handler:
    handler = _handlers.get(delivery.event.kind, {}).get(delivery.handler)
    if handler is None:
        raise LookupError(f"no handler is called {delivery.handler}")
    return handler


def _note_failure(delivery: Delivery, error: Exception, now: datetime) -> None:
    delivery.attempts += 1
    delivery.last_error = f"{type(error).__name__}: {error}"[:1000]
    pause = min(timedelta(seconds=2**delivery.attempts), LONGEST_PAUSE)
    delivery.next_attempt_at = now + pause * random.uniform(0.75, 1.25)  # noqa: S311
    if delivery.attempts >= MAX_ATTEMPTS:
        delivery.state = Delivery.State.DEAD
        log.error("outbox: %s given up: %s", delivery, delivery.last_error)
    else:
        log.warning("outbox: %s failed, attempt %d: %s", delivery, delivery.attempts, delivery.last_error)


@transaction.atomic
def retry(*, delivery: Delivery, now: datetime) -> bool:
    """Try a delivery that was given up, or waits, from the start. False when it has been delivered meanwhile."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.state == Delivery.State.DELIVERED:
        return False
    delivery.state, delivery.attempts, delivery.next_attempt_at = Delivery.State.WAITING, 0, now
    delivery.save(update_fields=["state", "attempts", "next_attempt_at"])
    transaction.on_commit(wake_worker)
    return True


def forget_old(now: datetime) -> int:
    """Delete events that every handler had a week ago, and those given up that nobody cared for in three months."""
    old = OutboxEvent.objects.filter(created_at__lt=now - DELIVERED_KEPT)
    finished = old.exclude(deliveries__state=Delivery.State.WAITING).exclude(
        deliveries__state=Delivery.State.DEAD, created_at__gte=now - DEAD_KEPT
    )
    doomed = list(finished.values_list("pk", flat=True)[:_DELETED_AT_A_TIME])
    OutboxEvent.objects.filter(pk__in=doomed).delete()
    return len(doomed)


def _plain(payload: Payload) -> Any:
    return json.loads(json.dumps(dict(payload), cls=DjangoJSONEncoder))
