"""What ads did: for whoever pays for them, and for whoever shows them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDay

from accounts.models import Channel
from ads.amounts import MICROS, to_money
from ads.models import AdCharge, AdHour, Campaign
from monetization.by_broadcast import Brought
from monetization.earnings import Figures

DAYS = 60
_SUMS = {name: Sum(name) for name in (*AdHour.COUNTS, "gross_micros", "streamer_micros")}


def totals_of(campaign: Campaign) -> dict[int, dict[str, Any]]:
    """All figures of a campaign, by line."""
    rows: Any = AdHour.objects.filter(line__campaign=campaign).order_by().values("line").annotate(**_SUMS)
    currency = campaign.advertiser.currency
    return {row["line"]: row | {"spent": to_money(row["gross_micros"], currency)} for row in rows}


def daily(campaign: Campaign, now: datetime) -> dict[str, list[float]]:
    """The last days for a plot: seconds since 1970, impressions, views, clicks, and what was spent in whole units."""
    rows = AdHour.objects.filter(line__campaign=campaign, hour__gt=now - timedelta(days=DAYS))
    by_day = {row["day"]: row for row in _by_day(rows)}
    if not by_day:
        return {"at": []}
    first, last = min(by_day), now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    plots: dict[str, list[float]] = {"at": [day.timestamp() for day in days]}
    for name in ("impressions", "views", "clicks"):
        plots[name] = [by_day.get(day, {}).get(name, 0) for day in days]
    plots["spent"] = [by_day.get(day, {}).get("gross_micros", 0) / MICROS for day in days]
    return plots


def _by_day(rows: QuerySet[AdHour]) -> list[dict[str, Any]]:
    days: Any = rows.order_by().annotate(day=TruncDay("hour", tzinfo=UTC)).values("day").annotate(**_SUMS)
    return list(days)


def hours_of(campaign: Campaign) -> Iterator[list[Any]]:
    """Hour by hour, for a spreadsheet."""
    rows = AdHour.objects.filter(line__campaign=campaign).select_related("line", "creative", "channel")
    for row in rows.order_by("hour", "pk").iterator():
        counts = [getattr(row, name) for name in AdHour.COUNTS]
        spent = to_money(row.gross_micros, campaign.advertiser.currency)
        yield [row.hour, row.line.name, row.creative.title, f"@{row.channel.name}", *counts, spent]


def earned_by_format(channel: Channel) -> list[dict[str, Any]]:
    """What each format brought a channel in each currency, as far as it isn't taken back."""
    charges = AdCharge.objects.filter(channel=channel).exclude(state=AdCharge.State.REVERSED)
    rows = charges.order_by().values("format", "currency", "state").annotate(micros=Sum("streamer_micros"))
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault((row["format"], row["currency"]), {"all": 0, "paid": 0})
        sums["all"] += row["micros"]
        sums["paid"] += row["micros"] if row["state"] == AdCharge.State.PAID else 0
    return [
        {
            "format": format,
            "earned": to_money(sums["all"], currency),
            "held": to_money(sums["all"], currency) - to_money(sums["paid"], currency),
        }
        for (format, currency), sums in sorted(found.items())
    ]


def earned_by_broadcast(channel: Channel, most: int = 20) -> list[dict[str, Any]]:
    """What each of the last broadcasts brought."""
    charges = AdCharge.objects.filter(channel=channel, broadcast__isnull=False).exclude(state=AdCharge.State.REVERSED)
    names = ("broadcast", "broadcast__started_at", "broadcast__title", "currency")
    rows = charges.order_by("-broadcast__started_at").values(*names).annotate(micros=Sum("streamer_micros"))
    return [
        {
            "broadcast": row["broadcast"],
            "at": row["broadcast__started_at"],
            "title": row["broadcast__title"],
            "earned": to_money(row["micros"], row["currency"]),
        }
        for row in rows[:most]
    ]


def broadcast_figures(channel: Channel, ids: Sequence[UUID]) -> Iterator[Brought]:
    """The same for the earnings page: gross is what advertisers paid, as far as it isn't taken back."""
    charges = AdCharge.objects.filter(channel=channel, broadcast__in=ids).exclude(state=AdCharge.State.REVERSED)
    rows = charges.order_by().values_list("broadcast", "currency")
    for broadcast, currency, gross, streamer in rows.annotate(Sum("gross_micros"), Sum("streamer_micros")):
        whole, net = (to_money(micros, currency).amount_minor for micros in (gross, streamer))
        yield broadcast, currency, Figures(gross=whole, platform=whole - net, net=net)
