"""What workers do for streaming: package, watch ingest, sweep."""

import gc
import logging
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.utils import timezone
from redis import RedisError

from media_pipeline.packager import reap_strays
from streaming import actions, keeping, live_store, packaging, retiring, statistics, thumbnails, watch
from streaming.models import Broadcast
from streaming.queues import send_package

log = logging.getLogger(__name__)

_REDIS_SETTLED_S = 6


@shared_task(name="streaming.tasks.package_broadcast")
def package_broadcast(broadcast_id: str) -> None:
    """Package a broadcast for as long as it lasts here. Harmless when another packager has it."""
    packaging.package(UUID(broadcast_id))


@shared_task(name="streaming.tasks.watch_ingest")
def watch_ingest() -> None:
    """Compare ingest with what we believe, each second."""
    watch.watch_ingest(timezone.now())


@shared_task(name="streaming.tasks.sweep_broadcasts")
def sweep_broadcasts() -> None:
    """End what waited through its grace; take away what nobody may see; find a packager for what has none."""
    now = timezone.now()
    live_store.note_beat("urgent", now.timestamp())
    retiring.remove_unshown(now)
    for broadcast in Broadcast.objects.out_of_grace(now):
        actions.end_broadcast(broadcast=broadcast, now=now, reason=Broadcast.EndReason.GRACE_OVER)
    if live_store.redis_uptime_s() < _REDIS_SETTLED_S:
        # Leases lapsed while Redis was away; their owners take them again first.
        return
    live = Broadcast.objects.live().filter(sessions__ended_at__isnull=True)
    unclosed = Broadcast.objects.filter(state=Broadcast.State.ENDED, media_closed_at__isnull=True)
    for broadcast in [*live, *unclosed]:
        if not live_store.is_leased(str(broadcast.pk)):
            send_package(str(broadcast.pk))


@shared_task(name="streaming.tasks.sweep_media")
def sweep_media() -> None:
    """Delete the files that no playlist names any more."""
    now = timezone.now().timestamp()
    live_store.note_beat("batch", now)
    reap_strays(settings.ENV.media_dir / "live", 4.0 * settings.ENV.live_window_s, now)


@shared_task(name="streaming.tasks.refresh_thumbnails")
def refresh_thumbnails() -> None:
    """A new still of everything that is live."""
    live_store.note_beat("default", timezone.now().timestamp())
    thumbnails.refresh_all()


@shared_task(name="streaming.tasks.sample_audiences")
def sample_audiences() -> None:
    """Count who watches what."""
    statistics.sample_all(timezone.now())


@worker_ready.connect
def take_over_own_leases(**kwargs: object) -> None:
    """A packager that starts takes over at once what an earlier one of its node held."""
    if not packaging.is_packager():
        return
    # What is loaded now stays: the collector need not look at it each time parts come.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        for broadcast_id in live_store.drop_leases_of_earlier_boots(settings.ENV.node, packaging.BOOT):
            send_package(broadcast_id, settings.ENV.node)
    except RedisError as error:
        log.warning("leases of earlier packagers not taken over, the sweep will: %s", error)


@worker_shutting_down.connect
def hand_over(**kwargs: object) -> None:
    """A packager that stops lets go of its broadcasts; the next one goes on with them."""
    keeping.shutting_down.set()
