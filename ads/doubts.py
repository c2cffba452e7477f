"""What looks wrong on a channel: its charges wait for somebody to look at them.

All of it is about the last day. The streamer's whole share of ads in the chat could otherwise move money from a stolen
card to an account of one's own.
"""

from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, F, Q, QuerySet, Sum

from ads.amounts import MICROS
from ads.models import AdCharge, AdHour

_LOOKED_AT = timedelta(days=1)
# Below so many nobody can tell, unless a few of them are dear.
_ENOUGH, _MUCH_MICROS = 50, 20 * MICROS
_CLICKED_TOO_OFTEN, _SEEN_THROUGH_TOO_OFTEN = 0.2, 0.98
_FROM_ONE_NETWORK = 0.5
# Of what ads in the chat brought a channel.
_FROM_ONE_ADVERTISER = 0.6


def note_doubts(now: datetime) -> int:
    """Mark held charges that somebody should look at; how many are new."""
    since = now - _LOOKED_AT
    held = AdCharge.objects.filter(state=AdCharge.State.HELD, happened_at__gte=since)
    return (
        _mark(held, _odd_rates(since), "rates")
        + _mark(held, _one_network(since), "network")
        + _mark(held.filter(format="chat"), _one_advertiser(since), "advertiser")
    )


def _mark(held: "QuerySet[AdCharge]", channels: list[int], doubt: str) -> int:
    return held.filter(doubt="", channel__in=channels).update(doubt=doubt)


def _odd_rates(since: datetime) -> list[int]:
    """More clicks than anybody gets, or everybody sees everything through."""
    sums = (
        AdHour.objects.filter(hour__gte=since)
        .order_by()
        .values("channel")
        .annotate(shown=Sum("impressions"), clicked=Sum("clicks"), completed=Sum("completions"))
        .annotate(much=Sum("gross_micros"))
        .filter(Q(shown__gte=_ENOUGH) | Q(much__gte=_MUCH_MICROS))
        .filter(Q(clicked__gt=F("shown") * _CLICKED_TOO_OFTEN) | Q(completed__gt=F("shown") * _SEEN_THROUGH_TOO_OFTEN))
    )
    return list(sums.values_list("channel", flat=True))


def _one_network(since: datetime) -> list[int]:
    charges = AdCharge.objects.filter(happened_at__gte=since)
    return _mostly_from_one(charges, "network", Count("pk"), _FROM_ONE_NETWORK)


def _one_advertiser(since: datetime) -> list[int]:
    charges = AdCharge.objects.filter(happened_at__gte=since, format="chat")
    return _mostly_from_one(charges, "advertiser", Sum("streamer_micros"), _FROM_ONE_ADVERTISER)


def _mostly_from_one(charges: "QuerySet[AdCharge]", source: str, measure: Aggregate, most: float) -> list[int]:
    """Channels where one source's part of the whole is more than `most`."""
    rows = charges.order_by().values("channel").annotate(whole=measure, many=Count("pk"), much=Sum("gross_micros"))
    enough = rows.filter(Q(many__gte=_ENOUGH) | Q(much__gte=_MUCH_MICROS))
    whole = dict(enough.values_list("channel", "whole"))
    parts = charges.order_by().values_list("channel", source).annotate(part=measure)
    # A charge may have come in between.
    return [pk for pk, one, part in parts if one and pk in whole and part > whole[pk] * most]
