"""Sums that pages read: kept in the transactions that count and charge, so that a page costs the same after years."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import F

from ads.models import AdCharge, AdDay, AdEarning

_Place = tuple[int, Any, str, str]


def note_days(sums: Mapping[tuple[date, int], Counter[str]]) -> None:
    """Add what was counted of lines (their keys) to their days."""
    for (day, line), counts in sorted(sums.items()):
        row, _new = AdDay.objects.get_or_create(day=day, line_id=line)
        AdDay.objects.filter(pk=row.pk).update(**{name: F(name) + count for name, count in counts.items()})


def note_earnings(charges: Iterable[AdCharge], sign: int = 1, *, is_paid: bool = False) -> None:
    """Count charges in what their broadcasts brought, or out of it; with `is_paid` in what was paid of it too."""
    sums: dict[_Place, Counter[str]] = {}
    for charge in charges:
        counts = sums.setdefault(_place_of(charge), Counter())
        counts["gross_micros"] += sign * charge.gross_micros
        counts["streamer_micros"] += sign * charge.streamer_micros
        counts["paid_micros"] += sign * charge.streamer_micros if is_paid else 0
    _add(sums)


def note_paid(charges: Iterable[AdCharge]) -> None:
    """Charges that were counted before are paid now."""
    sums: dict[_Place, Counter[str]] = {}
    for charge in charges:
        sums.setdefault(_place_of(charge), Counter())["paid_micros"] += charge.streamer_micros
    _add(sums)


def _place_of(charge: AdCharge) -> _Place:
    return charge.channel_id, charge.broadcast_id, charge.format, charge.currency


def _add(sums: Mapping[_Place, Counter[str]]) -> None:
    for place, counts in sorted(sums.items(), key=lambda pair: str(pair[0])):
        named = dict(zip(("channel_id", "broadcast_id", "format", "currency"), place, strict=True))
        # There may be several whose broadcasts were deleted: any of them will do.
        row = AdEarning.objects.filter(**named).first()
        if row is None:
            row, _new = AdEarning.objects.get_or_create(**named)
        AdEarning.objects.filter(pk=row.pk).update(**{name: F(name) + count for name, count in counts.items()})
