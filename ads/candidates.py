"""What deciding needs to know: lines that could run, shares, what channels show.

Read from PostgreSQL every few seconds by each process, and not for each viewer.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch, Sum

from accounts.models import Channel
from ads import store
from ads.models import AdCharge, AdRules, Advertiser, Creative, LineItem
from ads.models.campaigns import Format
from ads.rules import ads_of, house_rules, share_bp
from ads.spending import limit_micros, spent_by

FRESH_FOR = timedelta(seconds=5)
_NO_LIMIT = -1
# Of a day, that a line may be ahead of itself.
_AHEAD = 1 / 48
# Until there are figures of its own: how often an ad is seen through, and clicked.
_VIEW_RATE, _CLICK_RATE = 0.3, 0.01


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line with its creatives, as far as deciding needs it."""

    line: LineItem
    advertiser: Advertiser
    creatives: tuple[Creative, ...]
    categories: frozenset[int]
    channels_in: frozenset[int]
    channels_out: frozenset[int]
    spent_micros: int
    weight: float

    @property
    def shortest_ms(self) -> int:
        return min(creative.duration_ms for creative in self.creatives)

    def allowed_today(self, now: datetime) -> int:
        """How much may be spent by this time of day, in micro-units; below zero for no limit."""
        daily = self.line.daily_micros
        if self.line.pacing == LineItem.Pacing.ASAP:
            return daily or _NO_LIMIT
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if not daily and self.line.ends_at:
            days = max((self.line.ends_at - midnight) / timedelta(days=1), 1.0)
            daily = round((self.line.budget_micros - self.spent_micros) / days)
        if not daily:
            return _NO_LIMIT
        passed = (now - midnight) / timedelta(days=1)
        return max(round(daily * min(passed + _AHEAD, 1.0)), self.line.unit_micros)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a channel shows, and whom and what it turns away."""

    shows: frozenset[str]
    advertisers: frozenset[int]
    categories: frozenset[int]


@dataclass(slots=True)
class Known:
    """As it was at a moment."""

    at: datetime
    candidates: list[Candidate]
    rules: AdRules
    shares: dict[str, int]
    channels: dict[int, Wishes] = field(default_factory=dict)
    # By line, creative, channel and broadcast.
    terms: dict[tuple[int, int, int, UUID], store.Terms] = field(default_factory=dict)
    # By format, channel, category and language.
    fitting: dict[tuple[str, int, int | None, str], list[Candidate]] = field(default_factory=dict)

    def wishes_of(self, channel: Channel) -> Wishes:
        found = self.channels.get(channel.pk)
        if found is None:
            found = self.channels[channel.pk] = _wishes_of(channel)
        return found


_kept: list[Known] = []


def known(now: datetime) -> Known:
    """Read anew when it is older than a few seconds; offers that ran out are closed then too."""
    found = next(iter(_kept), None)
    if found is None or not timedelta(0) <= now - found.at < FRESH_FOR:
        store.reap(now)
        found = Known(now, _read(now), house_rules(), {one: share_bp(one, now) for one in Format.values})
        _kept[:] = [found]
    return found


def _wishes_of(channel: Channel) -> Wishes:
    row = ads_of(channel)
    shows = frozenset(one for one in Format.values if row.shows(one))
    if not row.pk:
        return Wishes(shows, frozenset(), frozenset())
    return Wishes(
        shows,
        frozenset(row.blocked_advertisers.values_list("pk", flat=True)),
        frozenset(row.blocked_categories.values_list("pk", flat=True)),
    )


def forget() -> None:
    """A campaign has changed: this process reads anew at once, the others within seconds."""
    _kept.clear()


def _read(now: datetime) -> list[Candidate]:
    approved = Creative.objects.filter(state=Creative.State.APPROVED)
    rows = (
        LineItem.objects.running(now)
        .select_related("campaign__advertiser")
        .prefetch_related(
            Prefetch("campaign__creatives", approved, "approved"), "categories", "channels_in", "channels_out"
        )
    )
    lines = list(rows)
    spent = _spent_by_line([line.pk for line in lines])
    advertisers = {line.campaign.advertiser_id: line.campaign.advertiser for line in lines}
    spent_of = spent_by(advertisers)
    store.set_limits(
        [(line.pk, line.budget_micros, spent.get(line.pk, 0)) for line in lines],
        [(pk, limit_micros(one), spent_of.get(pk, 0)) for pk, one in advertisers.items()],
    )
    return [_candidate(line, spent.get(line.pk, 0)) for line in lines]


def _spent_by_line(ids: list[int]) -> dict[int, int]:
    """As Redis counts it; only of lines that it doesn't know (any more) all charges are summed."""
    counted = store.spent_by_line(ids)
    charges = AdCharge.objects.filter(line__in=set(ids) - set(counted)).exclude(state=AdCharge.State.REVERSED)
    return counted | dict(charges.order_by().values_list("line").annotate(total=Sum("gross_micros")))


def _candidate(line: LineItem, spent: int) -> Candidate:
    kind = Creative.Kind.CARD if line.format == "chat" else Creative.Kind.VIDEO
    approved: list[Creative] = line.campaign.approved  # type: ignore[attr-defined]
    return Candidate(
        line=line,
        advertiser=line.campaign.advertiser,
        creatives=tuple(one for one in approved if one.kind == kind),
        categories=frozenset(one.pk for one in line.categories.all()),
        channels_in=frozenset(one.pk for one in line.channels_in.all()),
        channels_out=frozenset(one.pk for one in line.channels_out.all()),
        spent_micros=spent,
        weight=_weight_of(line),
    )


def _weight_of(line: LineItem) -> float:
    """What a thousand impressions are worth, within bounds, so that nobody is shut out."""
    rate = {"cpv": 1000 * _VIEW_RATE, "vcpm": 1000.0, "cpc": 1000 * _CLICK_RATE}[line.model]
    return min(max(line.unit_micros * rate / 1_000_000, 1.0), 10.0)


def shuffled(candidates: list[Candidate], rng: random.Random) -> Iterator[Candidate]:
    """Paid ones first, each drawn by its weight; the house's own after them."""
    for is_house in (False, True):
        left = [one for one in candidates if one.line.is_house == is_house]
        while left:
            drawn = rng.choices(left, [one.weight for one in left])[0]
            left.remove(drawn)
            yield drawn
