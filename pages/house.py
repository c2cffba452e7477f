"""What the overview tells, read from PostgreSQL, Redis and the disks: a fixed number of questions to each."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db.models import Count, Q
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis import RedisError

from accounts.models import Channel, Report
from monetization.models import Payout, PayoutBatch
from realtime.models import Delivery
from streaming import gates, live_store
from streaming.health import StreamHealth, read_all
from streaming.models import Broadcast
from streaming.recordings import places
from streaming.recordings.models import Recording
from streaming.watch import silence_key

MOST_LIVE = 100
# After how many seconds without a sweep each kind of worker is missed. A batch worker may be at one long job.
BEATS = {
    "urgent": (gettext_lazy("Urgent worker and beat"), 15),
    "default": (gettext_lazy("Default worker"), 60),
    "batch": (gettext_lazy("Batch worker"), 900),
}


@dataclass(frozen=True)
class Figure:
    """Something counted or measured; `is_bad` when somebody should look, at `url`."""

    name: str | Promise
    value: str
    url: str = ""
    is_bad: bool = False
    note: str = ""


@dataclass(frozen=True)
class Live:
    """A broadcast on air, what its packager measured, and where one ends it."""

    broadcast: Broadcast
    health: StreamHealth | None
    is_packaged: bool
    url: str

    @property
    def gate(self) -> gates.Gate:
        return gates.gate_of(self.broadcast.visibility)

    @property
    def is_unread(self) -> bool:
        """An encoder sends, and nobody packages it."""
        return self.broadcast.state == Broadcast.State.LIVE and not self.is_packaged


def read_live() -> list[Live]:
    rows = list(Broadcast.objects.on_air().select_related("channel").order_by("-viewers", "started_at")[:MOST_LIVE])
    health, leased = read_all(rows), live_store.leased_among([str(row.pk) for row in rows])
    actions = reverse("admin:streaming_broadcast_changelist")
    return [Live(row, health.get(row.pk), str(row.pk) in leased, f"{actions}?id__exact={row.pk}") for row in rows]


def read_rows() -> list[Figure]:
    """What waits in the database: five questions."""
    outbox = Delivery.objects.aggregate(
        waiting=Count("pk", filter=Q(state=Delivery.State.WAITING)),
        dead=Count("pk", filter=Q(state=Delivery.State.DEAD)),
    )
    has_work = Q(pk__in=Recording.objects.with_work(is_remote=places.get_bucket() is not None).values("pk"))
    kept = Recording.objects.aggregate(
        failed=Count("pk", filter=Q(state=Recording.State.FAILED)),
        waiting=Count("pk", filter=has_work),
        troubled=Count("pk", filter=has_work & ~Q(problem="")),
    )
    reports = Report.objects.filter(outcome="").count()
    pending = Channel.objects.filter(is_pending=True).count()
    batches = PayoutBatch.objects.filter(exported_at=None, payouts__state=Payout.State.MADE).distinct().count()
    deliveries, recordings = _list("realtime_delivery"), _list("streaming_recording")
    return [
        _count(_("Reports open"), reports, f"{_list('accounts_report')}?outcome__isempty=1"),
        _count(_("Channels that await approval"), pending, f"{_list('accounts_channel')}?is_pending__exact=1"),
        _count(_("Payout batches to export"), batches, f"{_list('monetization_payoutbatch')}?exported_at__isempty=1"),
        _count(_("Recordings that failed"), kept["failed"], f"{recordings}?state__exact=failed"),
        _count(_("Recordings in trouble, tried again"), kept["troubled"], f"{recordings}?problem__gt="),
        Figure(_("Recordings being worked on"), str(kept["waiting"]), recordings),
        _count(_("Events given up"), outbox["dead"], f"{deliveries}?state__exact=dead"),
        Figure(_("Events waiting"), str(outbox["waiting"]), f"{deliveries}?state__exact=waiting"),
    ]


def _list(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


def _count(name: str, count: int, url: str) -> Figure:
    return Figure(name, str(count), url, is_bad=count > 0)


def read_disks() -> list[Figure]:
    """Free space of the places that fill, against the floor below which nothing is begun any more."""
    env = settings.ENV
    return [
        _disk(_("Free for live media"), env.media_dir, env.min_free_disk_mb),
        _disk(_("Free for recordings"), env.media_dir / "recordings", env.record_min_free_mb),
    ]


def _disk(name: str, place: Path, floor_mb: int) -> Figure:
    floor = floor_mb * 1024 * 1024
    try:
        usage = shutil.disk_usage(next(path for path in (place, *place.parents) if path.exists()))
    except OSError as error:
        return Figure(name, "?", is_bad=True, note=str(error.strerror))
    note = _("of %(all)s, floor %(floor)s") % {"all": filesizeformat(usage.total), "floor": filesizeformat(floor)}
    # Time to act is before the floor.
    return Figure(name, filesizeformat(usage.free), is_bad=usage.free < 2 * floor, note=note)


def read_queues() -> list[Figure]:
    """How many tasks wait in each of Celery's queues; none when Redis is away."""
    names = ("urgent", "default", "batch", "media", f"media.{settings.ENV.node}")
    pipe = live_store.client().pipeline(transaction=False)
    for name in names:
        pipe.llen(name)
    try:
        return [Figure(name, str(length)) for name, length in zip(names, pipe.execute(), strict=True)]
    except RedisError:
        return []


def read_beats(now: datetime) -> list[Figure]:
    """When each kind of worker, and ingest, was last heard of."""
    keys = [*(live_store.beat_key(queue) for queue in BEATS), silence_key()]
    try:
        *heard, silent_since = cast(list[str | None], live_store.client().mget(keys))
    except RedisError:
        return [Figure("Redis", _("doesn't answer"), is_bad=True)]
    beats = [_beat(queue, at, now) for queue, at in zip(BEATS, heard, strict=True)]
    if silent_since:
        return [*beats, Figure(_("Ingest"), _ago(silent_since, now), is_bad=True, note=_("doesn't answer"))]
    return [*beats, Figure(_("Ingest"), _("answers"))]


def _beat(queue: str, at: str | None, now: datetime) -> Figure:
    name, missed_after_s = BEATS[queue]
    if at is None:
        return Figure(name, _("not heard of"), is_bad=True)
    return Figure(name, _ago(at, now), is_bad=now.timestamp() - float(at) > missed_after_s)


def _ago(at: str, now: datetime) -> str:
    return _("%(seconds)d s ago") % {"seconds": max(0, round(now.timestamp() - float(at)))}


def troubles_of(live: Iterable[Live], beats: Iterable[Figure]) -> list[Figure]:
    """What is wrong with what runs."""
    unread = [
        Figure(_("Nobody packages @%(name)s") % {"name": one.broadcast.channel.name}, "", one.url, is_bad=True)
        for one in live
        if one.is_unread
    ]
    return [*(beat for beat in beats if beat.is_bad), *unread]
