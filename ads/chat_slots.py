"""When a card may show up in a chat: people write, and the last one is some minutes ago."""

from datetime import datetime, timedelta

from django.db.models import Count

from ads import store
from ads.models import ChannelAds
from ads.rules import house_rules
from chat.announcing import channel_topic
from chat.models import Message
from chat.models.messages import SAID
from realtime import publish
from streaming.models import Broadcast

_LOOKED_AT = timedelta(minutes=2)
# So many lines within that time are people who write.
_ENOUGH = 4
OPEN_S = 60


def open_slots(now: datetime) -> int:
    """Tell the pages of lively chats that they may ask for a card; how many chats that was."""
    if not house_rules().is_on:
        return 0
    lively = _lively(now)
    chosen = {row.channel_id: row for row in ChannelAds.objects.filter(channel__in=lively)}
    count = 0
    for pk in lively:
        row = chosen.get(pk) or ChannelAds()
        if row.shows_chat and _take_turn(pk, row.chat_every_min):
            store.client().set(_key(pk), 1, ex=OPEN_S)
            publish(channel_topic(pk), {"type": "ad_slot"})
            count += 1
    return count


def _lively(now: datetime) -> list[int]:
    """Channels on air whose main chats somebody writes in."""
    on_air = Broadcast.objects.live().on_channel().filter(channel__is_suspended=False).values("channel")
    lines = Message.objects.filter(
        kind=SAID, created_at__gt=now - _LOOKED_AT, deleted_at=None, room__channel__in=on_air
    )
    rows = lines.order_by().values("room__channel").annotate(count=Count("pk")).filter(count__gte=_ENOUGH)
    return sorted(set(rows.values_list("room__channel", flat=True)))


def _take_turn(channel: int, every_min: int) -> bool:
    return bool(store.client().set(f"ads:chat-turn:{channel}", 1, nx=True, ex=every_min * 60))


def is_open(channel: int) -> bool:
    """Whether pages may ask for a card of this chat now."""
    return bool(store.client().exists(_key(channel)))


def _key(channel: int) -> str:
    return f"ads:chat-open:{channel}"
