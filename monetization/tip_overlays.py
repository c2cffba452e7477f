"""Overlays of tips: an alert for each, and the goal, over a stream's picture, for whoever has the address.

The address carries a key that is derived like those of the chat's overlays, and a new version makes it worthless.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation

from accounts import audit
from accounts.models import Channel, User
from accounts.stream_keys import id_of, is_key_of, make_key
from monetization.models import Tip, TipSettings
from realtime import publish, publish_on_commit
from streaming.models import Broadcast

PREFIX = "tips.overlay"
# What an overlay that was closed or cut off shows when it is back.
CAUGHT_UP_FOR = timedelta(minutes=5)
_KIND = "tip-overlay"
# They fit into one event, whatever their words are.
_MOST_CAUGHT_UP = 8


def key_of(channel: Channel) -> str:
    """The key of a channel's overlays; empty before an address was made."""
    row = TipSettings.objects.filter(channel=channel, overlay_version__gt=0).first()
    return make_key(channel.pk, row.overlay_version, settings.ENV.stream_key_secrets[0], _KIND) if row else ""


def find_channel(key: str) -> Channel | None:
    """The channel whose overlays a key opens now."""
    rows = TipSettings.objects.select_related("channel__owner").filter(overlay_version__gt=0)
    number = id_of(key)
    row = rows.filter(channel=number, channel__is_suspended=False).first() if number else None
    if row is None or not is_key_of(key, row.channel_id, row.overlay_version, settings.ENV.stream_key_secrets, _KIND):
        return None
    return row.channel


def topic_of(channel: Channel) -> str:
    """What overlays of a channel's tips follow; empty where there are none."""
    key = key_of(channel)
    return f"{PREFIX}.{key}" if key else ""


@transaction.atomic
def renew(*, channel: Channel, by: User) -> None:
    """Make the address, or make the present one worthless: overlays that are open go blank."""
    old = topic_of(channel)
    TipSettings.objects.get_or_create(channel=channel)
    TipSettings.objects.filter(channel=channel).update(overlay_version=F("overlay_version") + 1)
    audit.record(by, "reset address of tip overlays", channel)
    if old:
        publish_on_commit(old, {"type": "gone"})


def alert_on_commit(tip: Tip) -> None:
    """Show a tip over the picture once it is committed. Words that are held are not in it."""
    if topic := topic_of(tip.payment.channel):
        publish_on_commit(topic, _alert_of(tip))


def show_words_on_commit(tip: Tip) -> None:
    """The same once more, with words that were held."""
    if topic := topic_of(tip.payment.channel):
        publish_on_commit(topic, _alert_of(tip) | {"id": f"{tip.pk}-words"})


def missed(channel: Channel, now: datetime) -> list[dict[str, Any]]:
    """The alerts of the last minutes of what is on air, oldest first: an overlay shows those that it hasn't shown.

    Not what went back or is in dispute, nor what waits for somebody to read its words: that comes with them.
    """
    on_air = Broadcast.objects.on_air().filter(channel=channel)
    tips = Tip.objects.paid().filter(payment__broadcast__in=on_air, payment__settled_at__gte=now - CAUGHT_UP_FOR)
    whole = tips.filter(payment__refunded_minor=0, payment__disputed_minor=0).exclude(words=Tip.Words.HELD)
    latest = whole.select_related("payment__channel__owner", "payment__payer").order_by("-payment__settled_at", "-pk")
    return [_alert_of(tip) for tip in latest[:_MOST_CAUGHT_UP]][::-1]


def try_out(channel: Channel, by: User, amount: str, message: str) -> None:
    """An alert of nothing, to see where it stands."""
    if topic := topic_of(channel):
        publish(topic, _alert(by.shown_name, amount, message))


def _alert_of(tip: Tip) -> dict[str, Any]:
    """In the owner's language. By its number an overlay knows that it has shown it."""
    channel, giver = tip.payment.channel, tip.shown_giver
    with translation.override((channel.owner and channel.owner.language) or settings.LANGUAGE_CODE):
        amount = str(tip.payment.amount)
    return _alert(giver.shown_name if giver else "", amount, tip.shown_message) | {"id": str(tip.pk)}


def _alert(name: str, amount: str, message: str) -> dict[str, Any]:
    return {"type": "tip", "name": name, "amount": amount, "message": message}
