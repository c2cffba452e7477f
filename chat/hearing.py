"""What the outbox brings from below: follows and subscriptions, as lines and as gates that open or shut."""

from django.utils import timezone

from accounts.following import FOLLOWED, UNFOLLOWED
from accounts.models import Channel, User
from chat.actions import open_main_room
from chat.announcing import announce_standing, announce_standings
from chat.lines import add_system_line
from monetization.models import Subscription
from monetization.subscriptions import LAPSED, SUBSCRIBED
from monetization.tiers import CHANGED as TIER_CHANGED
from realtime import outbox
from realtime.outbox import Payload


def register() -> None:
    outbox.register(FOLLOWED, "chat.followed", on_followed)
    outbox.register(UNFOLLOWED, "chat.unfollowed", on_changed)
    outbox.register(SUBSCRIBED, "chat.subscribed", on_subscribed)
    outbox.register(LAPSED, "chat.lapsed", on_changed)
    outbox.register(TIER_CHANGED, "chat.tier_changed", on_tier_changed)


def on_followed(payload: Payload) -> None:
    """Said once a person: who comes and goes doesn't fill the room."""
    _say(payload, "followed", f"followed:{payload['user']}")
    on_changed(payload)


def on_subscribed(payload: Payload) -> None:
    _say(payload, "subscribed", f"subscribed:{payload['subscription']}")
    on_changed(payload)


def on_changed(payload: Payload) -> None:
    """Somebody's standing is another: what they may not read shuts, what they may opens."""
    announce_standing(payload["channel"], payload["user"])


def on_tier_changed(payload: Payload) -> None:
    """A tier has other perks: everybody who has it is another one than before."""
    rows = Subscription.objects.running(timezone.now()).filter(tier=payload["tier"])
    announce_standings(payload["channel"], rows.values_list("user", flat=True).distinct())


def _say(payload: Payload, kind: str, key: str) -> None:
    channel = Channel.objects.filter(pk=payload["channel"], is_suspended=False).first()
    user = User.objects.filter(pk=payload["user"], is_active=True).first()
    if channel is not None and user is not None:
        add_system_line(open_main_room(channel=channel), timezone.now(), kind, key, person=user.shown_name)
