"""Sums that pages read, set right: a worker of an earlier version counts without them while it is replaced."""

import logging
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.functions import TruncDate

from ads.models import AdCharge, AdDay, AdEarning, AdHour

log = logging.getLogger(__name__)

LOOKS_BACK = timedelta(days=4)
_State = AdCharge.State
_COUNTS = {name: Sum(name, default=0) for name in (*AdHour.COUNTS, "gross_micros", "streamer_micros")}
_EARNED = {
    "gross": Sum("gross_micros", default=0),
    "streamer": Sum("streamer_micros", default=0),
    "paid": Sum("streamer_micros", filter=Q(state=_State.PAID), default=0),
}


def recount(now: datetime) -> int:
    """Have the sums be what hours and charges of the last days come to; how many were wrong."""
    since = datetime.combine((now - LOOKS_BACK).astimezone(UTC).date(), time(), UTC)
    hours = AdHour.objects.filter(hour__gte=since).order_by()
    days = hours.values_list("line", TruncDate("hour", tzinfo=UTC)).distinct()
    # What was paid out meanwhile was cleared by itself.
    lately = Q(happened_at__gte=since) | Q(clears_at__gte=since, clears_at__lte=now)
    # Of a deleted broadcast there may be several sums: which charge is in which nobody knows.
    charges = AdCharge.objects.filter(lately, broadcast__isnull=False).order_by()
    places = charges.values_list("channel", "broadcast", "format", "currency").distinct()
    wrong = sum([_recount_day(*one) for one in days]) + sum([_recount_earning(*one) for one in places])
    if wrong:
        log.warning("%s sums of ads were wrong", wrong)
    return wrong


@transaction.atomic
def _recount_day(line: int, day: date) -> bool:
    """Its sum is locked before what it sums is read: whoever counts meanwhile does so before that, or on top of it."""
    row, _new = AdDay.objects.get_or_create(day=day, line_id=line)
    row = AdDay.objects.select_for_update().get(pk=row.pk)
    begins = datetime.combine(day, time(), UTC)
    hours = AdHour.objects.filter(line=line, hour__gte=begins, hour__lt=begins + timedelta(days=1))
    return _set(row, hours.aggregate(**_COUNTS))


@transaction.atomic
def _recount_earning(*place: Any) -> bool:
    """In the same order as a day's."""
    named = dict(zip(("channel_id", "broadcast_id", "format", "currency"), place, strict=True))
    row, _new = AdEarning.objects.get_or_create(**named)
    row = AdEarning.objects.select_for_update().get(pk=row.pk)
    found = AdCharge.objects.filter(**named).exclude(state=_State.REVERSED).aggregate(**_EARNED)
    return _set(row, {f"{name}_micros": micros for name, micros in found.items()})


def _set(row: AdDay | AdEarning, sums: dict[str, int]) -> bool:
    """Whether something was to be set right."""
    wrong = [name for name, value in sums.items() if getattr(row, name) != value]
    for name in wrong:
        setattr(row, name, sums[name])
    if wrong:
        row.save(update_fields=wrong)
    return bool(wrong)
