"""Asking the batch workers to go on with a recording."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

ADVANCE = "streaming.recordings.tasks.advance_recording"


def send_advance(recording_id: str) -> None:
    """A broker that is away is no error: the sweep asks again."""
    try:
        current_app.send_task(ADVANCE, args=[recording_id], queue="batch")
    except OperationalError as error:
        log.warning("recording %s not queued, the sweep will: %s", recording_id, error)


def advance_on_commit(recording_id: str) -> None:
    transaction.on_commit(lambda: send_advance(recording_id))
