"""A broadcast in figures: sampled while it is on air into a row a minute, summed up when it is over."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Now
from redis import RedisError

from accounts.models import Follow
from streaming import live_store
from streaming.models import Broadcast, BroadcastMinute
from streaming.watching import Audience, read_audience

log = logging.getLogger(__name__)

SAMPLE_S = 10


def sample_all(now: datetime) -> None:
    """Count every audience once. Told twice within one interval it counts once."""
    if not live_store.is_first_within("audiences-sampled", SAMPLE_S - 2):
        return
    broadcasts = list(Broadcast.objects.on_air())
    for broadcast in broadcasts:
        try:
            audience = read_audience(broadcast.media_path, now)
        except RedisError as error:
            log.warning("audiences not counted: %s", error)
            return
        broadcast.viewers = audience.viewers
        if broadcast.state == Broadcast.State.LIVE and broadcast.shown_at is not None:
            keep_sample(broadcast, audience, now)
    Broadcast.objects.bulk_update(broadcasts, ["viewers"])


def keep_sample(broadcast: Broadcast, audience: Audience, now: datetime) -> None:
    """Add a sample to its minute's row. A rehearsal has no figures: nobody was there to be counted."""
    minute = now.replace(second=0, microsecond=0)
    known, is_new = BroadcastMinute.objects.get_or_create(
        broadcast=broadcast, at=minute, defaults={"viewers": audience.viewers}
    )
    if not is_new:
        known.viewers = max(known.viewers, audience.viewers)
    known.viewer_s += audience.viewers * SAMPLE_S
    known.sampled_s += SAMPLE_S
    known.latency_ms = audience.latency_ms or known.latency_ms
    known.latency_p95_ms = audience.latency_p95_ms or known.latency_p95_ms
    known.save()


@dataclass(frozen=True)
class Figures:
    """What came of a broadcast."""

    peak: int
    average: float
    watched: timedelta
    follows: int

    @property
    def watched_minutes(self) -> int:
        return round(self.watched.total_seconds() / 60)


def with_figures(broadcasts: QuerySet[Broadcast]) -> QuerySet[Broadcast]:
    """Broadcasts with what `figures_of` needs, at no query more."""
    minutes = BroadcastMinute.objects.filter(broadcast=OuterRef("pk")).order_by().values("broadcast")
    follows = Follow.objects.filter(
        channel=OuterRef("channel"),
        created_at__gte=Coalesce(OuterRef("shown_at"), OuterRef("started_at")),
        created_at__lte=Coalesce(OuterRef("ended_at"), Now()),
    )
    counted = follows.order_by().values("channel").annotate(count=Count("pk")).values("count")

    def total(expression: Max | Sum) -> Coalesce:
        summed = minutes.annotate(total=expression).values("total")
        return Coalesce(Subquery(summed, output_field=IntegerField()), 0)

    return broadcasts.annotate(
        peak_viewers=total(Max("viewers")),
        viewer_s=total(Sum("viewer_s")),
        sampled_s=total(Sum("sampled_s")),
        follows_gained=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
    )


def figures_of(broadcast: Broadcast) -> Figures:
    """The figures of a row that `with_figures` brought."""
    facts = vars(broadcast)
    sampled_s = facts["sampled_s"]
    return Figures(
        peak=facts["peak_viewers"],
        average=facts["viewer_s"] / sampled_s if sampled_s else 0.0,
        watched=timedelta(seconds=facts["viewer_s"]),
        follows=facts["follows_gained"],
    )


def plots_of(broadcast: Broadcast) -> dict[str, list[float | None]]:
    """Viewers and delay over a broadcast, a value a minute; `at` in seconds since 1970, delays in seconds."""
    rows = list(broadcast.minutes.all())
    return {
        "at": [row.at.timestamp() for row in rows],
        "viewers": [row.viewers for row in rows],
        "latency": [_seconds(row.latency_ms) for row in rows],
        "latency_p95": [_seconds(row.latency_p95_ms) for row in rows],
    }


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 2)
