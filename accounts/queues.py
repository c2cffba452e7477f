"""Putting work into the queue `default` after the commit that makes it true."""

import logging
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def enqueue_on_commit(task: "Task[Any, Any]", *arguments: Any) -> None:
    """Arguments must be JSON. A broker that is away loses the work, and the log says which."""

    def send() -> None:
        try:
            task.apply_async(args=arguments, queue="default")
        except OperationalError as error:
            log.error("%s not queued: %s", task.name, error)

    transaction.on_commit(send)
