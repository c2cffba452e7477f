"""What workers do for the outbox."""

import time

from celery import shared_task
from django.utils import timezone

from realtime import outbox

# A worker's thread isn't held for longer; what is left is somebody's next turn.
_TURN_S = 10.0


@shared_task(name=outbox.DELIVER)
def deliver_outbox() -> None:
    """Deliver what is due. Any number of workers may do so at once."""
    until = time.monotonic() + _TURN_S
    while outbox.deliver_next(timezone.now()) is not None:
        if time.monotonic() > until:
            outbox.wake_worker()
            return


@shared_task(name="realtime.tasks.forget_outbox")
def forget_outbox() -> None:
    """Delete events that nobody needs any more."""
    while outbox.forget_old(timezone.now()):
        pass
