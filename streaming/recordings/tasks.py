"""What workers do for recordings."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from streaming import live_store
from streaming.recordings import jobs, sweeps
from streaming.recordings.queues import ADVANCE, send_advance


@shared_task(name=ADVANCE)
def advance_recording(recording_id: str) -> None:
    """Do the next step of a recording, and queue the one after it: others have their turn in between."""
    live_store.client().delete(f"advance:{recording_id}")
    if jobs.advance(UUID(recording_id)):
        send_advance(recording_id)


@shared_task(name="streaming.recordings.tasks.sweep_recordings")
def sweep_recordings() -> None:
    """Mend, expire, go on."""
    sweeps.sweep(timezone.now())


@shared_task(name="streaming.recordings.tasks.remove_strays")
def remove_strays() -> None:
    """Reclaim what no recording speaks for."""
    sweeps.remove_strays(timezone.now())
