"""What looks wrong on a channel: its charges wait for somebody to look at them.

All of it is about the last day. The streamer's whole share of ads in the chat could otherwise move money from a stolen
card to an account of one's own.
"""

from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet, Sum

from ads.models import AdCharge, AdHour

_LOOKED_AT = timedelta(days=1)
# Below so many nobody can tell.
_ENOUGH = 50
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
        .filter(shown__gte=_ENOUGH)
        .filter(Q(clicked__gt=F("shown") * _CLICKED_TOO_OFTEN) | Q(completed__gt=F("shown") * _SEEN_THROUGH_TOO_OFTEN))
    )
    return list(sums.values_list("channel", flat=True))


def _one_network(since: datetime) -> list[int]:
    charges = AdCharge.objects.filter(happened_at__gte=since).order_by()
    whole = dict(charges.values_list("channel").annotate(count=Count("pk")))
    parts = charges.exclude(network="").values_list("channel", "network").annotate(count=Count("pk"))
    return [pk for pk, _net, count in parts if whole[pk] >= _ENOUGH and count > whole[pk] * _FROM_ONE_NETWORK]


def _one_advertiser(since: datetime) -> list[int]:
    charges = AdCharge.objects.filter(happened_at__gte=since, format="chat").order_by()
    whole = dict(charges.values_list("channel").annotate(total=Sum("streamer_micros")))
    parts = charges.values_list("channel", "advertiser").annotate(total=Sum("streamer_micros"))
    counts = dict(charges.values_list("channel").annotate(count=Count("pk")))
    return [pk for pk, _one, total in parts if counts[pk] >= _ENOUGH and total > whole[pk] * _FROM_ONE_ADVERTISER]
