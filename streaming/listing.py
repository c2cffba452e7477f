"""What pages list: broadcasts on air, what is announced, categories. Each list costs the same however long it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from accounts.models import Channel, Follow, User
from streaming import gates, live_store
from streaming.access import Viewer
from streaming.models import Broadcast, Category, ScheduledBroadcast
from streaming.playback import thumbnail_url


@dataclass(frozen=True)
class Card:
    """A broadcast on air in a list. `still` is its picture's address where this viewer may have it."""

    broadcast: Broadcast
    gate: gates.Gate
    still: str


def on_air(viewer: Viewer) -> QuerySet[Broadcast]:
    """Everything on air that lists may name: followed channels first, then where most watch."""
    broadcasts = Broadcast.objects.on_air().on_channel().seen_by_all().select_related("channel", "category")
    broadcasts = broadcasts.prefetch_related("tags").annotate(is_followed=_is_followed(viewer, "channel"))
    return broadcasts.order_by(F("is_followed").desc(), "-state", "-viewers", "-started_at", "pk")


def cards(viewer: Viewer, broadcasts: Iterable[Broadcast], now: datetime) -> list[Card]:
    """A page of broadcasts as they are shown. Stills of streams for adults aren't."""
    rows = list(broadcasts)
    watchable = gates.watchable_among(viewer, rows)
    playable = live_store.playable_among([row.media_path for row in rows])
    return [
        Card(
            broadcast=row,
            gate=gates.gate_of(row.visibility),
            still=thumbnail_url(row, now)
            if row.pk in watchable and row.media_path in playable and not row.is_mature
            else "",
        )
        for row in rows
    ]


def upcoming(viewer: Viewer, now: datetime) -> QuerySet[ScheduledBroadcast]:
    """What is announced, followed channels first on the same day."""
    rows = ScheduledBroadcast.objects.upcoming(now).seen_by_all().select_related("channel", "category")
    return rows.annotate(is_followed=_is_followed(viewer, "channel")).order_by("starts_at", "pk")


def categories() -> QuerySet[Category]:
    """Categories by how many are on air in them, then by name."""
    on_air = Q(broadcasts__state__in=Broadcast.ON_AIR, broadcasts__is_on_channel=True)
    shown = on_air & Q(broadcasts__visibility__in=gates.listed(), broadcasts__channel__is_suspended=False)
    return Category.objects.annotate(live=Count("broadcasts", filter=shown)).order_by(F("live").desc(), "name")


def dark_channels(viewer: Viewer) -> QuerySet[Channel]:
    """Channels of which nothing is to be seen now: followed ones first."""
    shown = Broadcast.objects.on_air().on_channel().seen_by_all().filter(channel=OuterRef("pk"))
    channels = Channel.objects.filter(~Exists(shown), is_suspended=False)
    return channels.annotate(is_followed=_is_followed(viewer, "pk")).order_by(F("is_followed").desc(), "name")


def _is_followed(viewer: Viewer, channel: str) -> Exists | Case:
    if isinstance(viewer, User):
        return Exists(Follow.objects.filter(user=viewer, channel=OuterRef(channel)))
    return Case(When(Q(pk__isnull=True), then=Value(True)), default=Value(False), output_field=BooleanField())
