"""Telling packagers, after the commit that makes it true, what to take and what to let go."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from streaming import live_store
from streaming.models import IngestSession

log = logging.getLogger(__name__)

PACKAGE = "streaming.tasks.package_broadcast"


def send_package(broadcast_id: str, node: str | None = None) -> None:
    """Ask a packager to take a broadcast: that of `node` first, any of them otherwise.

    A broker that is away is no error: the sweep asks again.
    """
    queue = f"media.{node}" if node else "media"
    try:
        current_app.send_task(PACKAGE, args=[broadcast_id], queue=queue, expires=10)
    except OperationalError as error:
        log.warning("broadcast %s not queued, the sweep will: %s", broadcast_id, error)


def package_on_commit(broadcast_id: str, node: str | None = None) -> None:
    transaction.on_commit(lambda: send_package(broadcast_id, node))


def stop_packager_on_commit(session: IngestSession) -> None:
    """Have whoever packages a session look again at what is true."""

    def stop() -> None:
        try:
            live_store.ask_to_stop(session.name)
        except RedisError as error:
            log.warning("packager of %s not told, it notices by itself: %s", session.broadcast_id, error)

    transaction.on_commit(stop)
