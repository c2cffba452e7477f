"""One packager of one broadcast: the lease around it, and what its outcomes mean."""

import logging
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar
from uuid import UUID

import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from media_pipeline.date_ranges import announcer
from media_pipeline.ladder import EncoderBudget, parse_ladder
from media_pipeline.packager import Job, Outcome, Packager
from media_pipeline.positions import PositionPublisher
from media_pipeline.store import Fenced, remove_broadcast
from streaming import ingest, live_store
from streaming.keeping import Keeper, keepers, shutting_down
from streaming.models import Broadcast, IngestSession
from streaming.queues import send_package
from streaming.recordings.actions import note_closed, plan_recording

log = logging.getLogger(__name__)

T = TypeVar("T")

BOOT = secrets.token_hex(4)
_POLL_S = 0.1
_CLOSING_WAIT_S = 2.0
_BACK_OFF_S = (0.0, 0.2, 0.5, 1.0, 2.0)


def is_packager() -> bool:
    """Whether this worker consumes the media queue."""
    return any("media" in argument for argument in sys.argv)


@cache
def publisher() -> PositionPublisher:
    client = redis.Redis.from_url(settings.ENV.redis_url, socket_timeout=1, socket_connect_timeout=1)
    return PositionPublisher(client)


@cache
def budget() -> EncoderBudget:
    return EncoderBudget(settings.ENV.transcode_slots)


@contextmanager
def _lease(broadcast_id: UUID) -> Iterator[tuple[Keeper, int] | None]:
    lease = live_store.Lease(str(broadcast_id), f"{settings.ENV.node} {BOOT}")
    if not lease.acquire():
        yield None
        return
    keeper = Keeper(lease, str(broadcast_id))
    keepers().add(keeper)
    try:
        yield keeper, lease.epoch
    finally:
        keepers().discard(keeper)


def package(broadcast_id: UUID) -> None:
    """Package what a broadcast's encoder sends, session after session, until there is none; then close it."""
    if shutting_down.is_set():
        # A stopping worker takes one more message: somebody else's.
        send_package(str(broadcast_id))
        return
    with _lease(broadcast_id) as held:
        if held is None:
            return
        keeper, epoch = held
        try:
            _package(broadcast_id, keeper, epoch)
        except Fenced as error:
            log.warning("broadcast %s: %s", broadcast_id, error)
        except FileNotFoundError as error:
            # The sweep was quicker than word of a change of who may see it.
            log.warning("broadcast %s: its media path was taken away: %s", broadcast_id, error)
        finally:
            connection.close()
    broadcast = _load(broadcast_id)
    if broadcast is not None and (shutting_down.is_set() or _has_work(broadcast)):
        send_package(str(broadcast_id))


def _has_work(broadcast: Broadcast) -> bool:
    if broadcast.is_on_air:
        return _session(broadcast) is not None
    return broadcast.media_closed_at is None


def _package(broadcast_id: UUID, keeper: Keeper, epoch: int) -> None:
    broadcast = _load(broadcast_id)
    if broadcast is None:
        return
    session = _session(broadcast) if broadcast.is_on_air else None
    keeper.session = session.name if session else ""
    with announcer().following(str(broadcast_id)) as announced:
        packager = Packager(
            _job(broadcast, session, epoch),
            publisher(),
            budget(),
            stopping=keeper.stopping,
            on_readers=_expect(session),
            has_picture=lambda: session is not None and ingest.has_picture(session.name),
            announced=announced,
        )
        keeper.packager = packager
        _run(packager, broadcast_id, session, keeper)


def _run(packager: Packager, broadcast_id: UUID, session: IngestSession | None, keeper: Keeper) -> None:
    """Package a session, and close what it leaves: until the next one, or for good."""
    try:
        if session is not None:
            _package_session(packager, session, keeper)
        if keeper.is_lost or shutting_down.is_set():
            return
        broadcast = _load(broadcast_id)
        if broadcast is not None and broadcast.media_path != packager.job.media_path:
            _leave_path(packager)
            return
        is_over = broadcast is None or not broadcast.is_on_air
        packager.finish(ended=is_over)
        if is_over:
            Broadcast.objects.filter(pk=broadcast_id).update(media_closed_at=timezone.now())
            note_closed(packager.job.media_path)
    finally:
        packager.close()


def _leave_path(packager: Packager) -> None:
    """Others may see the broadcast now: whoever goes on with the session does so on another path."""
    log.info("media path %s is left", packager.job.media_path)
    packager.finish(ended=True)
    remove_broadcast(packager.job.live_dir, packager.job.media_path)
    note_closed(packager.job.media_path)


def _package_session(packager: Packager, session: IngestSession, keeper: Keeper) -> None:
    """Read a session for as long as it is open: an ffmpeg that fails is started again."""
    failures = 0
    while not keeper.stopping() and _is_open(session):
        parts = packager.health.parts
        outcome = packager.run()
        log.info("packager of %s: %s", session.broadcast_id, outcome)
        if outcome is Outcome.ENDED and not _stays_open(session, keeper):
            return
        packager.resume_clock()
        failures = 0 if packager.health.parts > parts else failures + 1
        shutting_down.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])


def _stays_open(session: IngestSession, keeper: Keeper) -> bool:
    """The end of the stream and word of it come separately: wait for the word a moment."""
    deadline = time.monotonic() + _CLOSING_WAIT_S
    while time.monotonic() < deadline and not keeper.stopping():
        if not _is_open(session):
            return False
        shutting_down.wait(_POLL_S)
    return _is_open(session)


def _job(broadcast: Broadcast, session: IngestSession | None, epoch: int) -> Job:
    env = settings.ENV
    name = session.name if session else ""
    return Job(
        session=name,
        url=f"{env.ingest_rtmp_url}/{name}",
        live_dir=env.media_dir / "live",
        media_path=broadcast.media_path,
        epoch=epoch,
        # What the house sends is in its final shape.
        ladder=() if broadcast.place else parse_ladder(env.ladder),
        hold_back_s=env.hold_back_s,
        window_s=env.live_window_s,
        source_bitrate_bps=env.max_bitrate_bps // 2,
        audio_rendition=env.audio_rendition,
        resumes=bool(session) and not live_store.begin_reading(name),
        record=_retrying(lambda: plan_recording(broadcast, timezone.now())),
    )


def _expect(session: IngestSession | None) -> Callable[[int], None]:
    def expect(count: int) -> None:
        try:
            if session is not None:
                live_store.expect_readers(session.name, count)
        except redis.RedisError as error:
            log.warning("the encoder will be let in late: %s", error)

    return expect


def _load(broadcast_id: UUID) -> Broadcast | None:
    return _retrying(lambda: Broadcast.objects.select_related("channel").filter(pk=broadcast_id).first())


def _session(broadcast: Broadcast) -> IngestSession | None:
    return _retrying(lambda: broadcast.sessions.filter(ended_at__isnull=True).first())


def _is_open(session: IngestSession) -> bool:
    """Whether streaming still holds the session for open; yes while PostgreSQL is away."""
    try:
        return IngestSession.objects.filter(pk=session.pk, ended_at__isnull=True).exists()
    except OperationalError:
        return True
    finally:
        connection.close()


def _retrying(query: Callable[[], T]) -> T:
    """A long task outlives its database: ask again on a fresh connection until it is back."""
    while True:
        try:
            return query()
        except OperationalError as error:
            log.warning("PostgreSQL is away: %s", error)
            if shutting_down.wait(1):
                raise
        finally:
            # Between two looks hours may pass.
            connection.close()
