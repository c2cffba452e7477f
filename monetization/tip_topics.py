"""The topics of tips: a channel's goal for everybody, and its overlays for whoever has their key."""

from typing import Any

from django.utils import timezone

from accounts.models import Channel
from monetization import goals, tip_overlays
from realtime import topics


def register() -> None:
    topics.register(goals.TOPIC, _may_see, _goal_now)
    topics.register(tip_overlays.PREFIX, _has_key, _now_for_overlay)


def _find(key: str) -> Channel | None:
    return Channel.objects.filter(pk=int(key), is_suspended=False).first() if key.isdigit() and len(key) < 18 else None


def _may_see(_person: object, key: str) -> bool:
    return _find(key) is not None


def _goal_now(_person: object, key: str) -> dict[str, Any] | None:
    channel = _find(key)
    return goals.describe(channel) if channel else None


def _has_key(_person: object, key: str) -> bool:
    return tip_overlays.find_channel(key) is not None


def _now_for_overlay(_person: object, key: str) -> dict[str, Any] | None:
    """The goal, and the alerts that it may have missed."""
    channel = tip_overlays.find_channel(key)
    return goals.describe(channel) | {"missed": tip_overlays.missed(channel, timezone.now())} if channel else None
