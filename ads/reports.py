"""What ads did: for whoever pays for them, and for whoever shows them.

Pages read sums that are kept as things happen (ads/summing.py), and a spreadsheet all hours.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum

from accounts.models import Channel
from ads.amounts import MICROS, to_money
from ads.models import AdDay, AdEarning, AdHour, Campaign
from monetization.by_broadcast import Brought
from monetization.earnings import Figures

DAYS = 60
_SUMS = {name: Sum(name) for name in (*AdHour.COUNTS, "gross_micros", "streamer_micros")}


def totals_of(campaign: Campaign) -> dict[int, dict[str, Any]]:
    """All figures of a campaign, by line."""
    rows: Any = AdDay.objects.filter(line__campaign=campaign).order_by().values("line").annotate(**_SUMS)
    currency = campaign.advertiser.currency
    return {row["line"]: row | {"spent": to_money(row["gross_micros"], currency)} for row in rows}


def daily(campaign: Campaign, now: datetime) -> dict[str, list[float]]:
    """The last days for a plot: seconds since 1970, impressions, views, clicks, and what was spent in whole units."""
    today = now.astimezone(UTC).date()
    rows = AdDay.objects.filter(line__campaign=campaign, day__gt=today - timedelta(days=DAYS))
    by_day: dict[date, Any] = {row["day"]: row for row in rows.order_by().values("day").annotate(**_SUMS)}
    if not by_day:
        return {"at": []}
    first = min(by_day)
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    plots: dict[str, list[float]] = {"at": [datetime(*day.timetuple()[:3], tzinfo=UTC).timestamp() for day in days]}
    for name in ("impressions", "views", "clicks"):
        plots[name] = [by_day.get(day, {}).get(name, 0) for day in days]
    plots["spent"] = [by_day.get(day, {}).get("gross_micros", 0) / MICROS for day in days]
    return plots


def hours_of(campaign: Campaign) -> Iterator[list[Any]]:
    """Hour by hour, for a spreadsheet."""
    rows = AdHour.objects.filter(line__campaign=campaign).select_related("line", "creative", "channel")
    for row in rows.order_by("hour", "pk").iterator():
        counts = [getattr(row, name) for name in AdHour.COUNTS]
        spent = to_money(row.gross_micros, campaign.advertiser.currency)
        yield [row.hour, row.line.name, row.creative.title, f"@{row.channel.name}", *counts, spent]


def earned_by_format(channel: Channel) -> list[dict[str, Any]]:
    """What each format brought a channel in each currency, as far as it isn't taken back."""
    earned = AdEarning.objects.filter(channel=channel).order_by("format", "currency").values("format", "currency")
    rows = earned.annotate(all=Sum("streamer_micros"), paid=Sum("paid_micros")).filter(all__gt=0)
    return [
        {
            "format": row["format"],
            "earned": to_money(row["all"], row["currency"]),
            "held": to_money(row["all"], row["currency"]) - to_money(row["paid"], row["currency"]),
        }
        for row in rows
    ]


def earned_by_broadcast(channel: Channel, most: int = 20) -> list[dict[str, Any]]:
    """What each of the last broadcasts brought."""
    earned = AdEarning.objects.filter(channel=channel, broadcast__isnull=False).order_by("-broadcast__started_at")
    names = ("broadcast", "broadcast__started_at", "broadcast__title", "currency")
    rows = earned.values(*names).annotate(micros=Sum("streamer_micros")).filter(micros__gt=0)
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
    earned = AdEarning.objects.filter(channel=channel, broadcast__in=ids).order_by()
    rows = earned.values_list("broadcast", "currency").annotate(Sum("gross_micros"), Sum("streamer_micros"))
    for broadcast, currency, gross, streamer in rows:
        whole, net = (to_money(micros, currency).amount_minor for micros in (gross, streamer))
        yield broadcast, currency, Figures(gross=whole, platform=whole - net, net=net)
