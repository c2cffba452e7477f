"""Events that take place elsewhere than in a broadcast: whoever holds them there says when they began and ended.

Only at the announced time, as for an encoder: what happens a day before isn't what tickets were sold to.
"""

from datetime import datetime

from django.db import transaction

from monetization.models import TicketedEvent
from monetization.ticketing import locked
from streaming.models import ScheduledBroadcast


@transaction.atomic
def note_begun(*, event: TicketedEvent, now: datetime) -> None:
    """It takes place from now on, if now is its time."""
    event = locked(event)
    if event.began_elsewhere_at is None and ScheduledBroadcast.objects.due(now).filter(pk=event.scheduled_id).exists():
        event.began_elsewhere_at = now
        event.save(update_fields=["began_elsewhere_at"])


@transaction.atomic
def note_over(*, event: TicketedEvent, now: datetime) -> None:
    """What had begun is over; after the house's delay its money is the creator's."""
    event = locked(event)
    if event.began_elsewhere_at is not None and event.ended_elsewhere_at is None:
        event.ended_elsewhere_at = now
        event.save(update_fields=["ended_elsewhere_at"])
