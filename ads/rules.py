"""The house's rules of ads, a channel's, and the shares of a moment."""

from datetime import datetime

from accounts.models import Channel
from ads.models import AdRules, ChannelAds, RevenueShare

# What holds until an administrator adds a row: docs/ads.md says why.
DEFAULT_BP = {"pre": 5500, "mid": 7000, "chat": 10_000}


def house_rules() -> AdRules:
    return AdRules.objects.first() or AdRules()


def ads_of(channel: Channel) -> ChannelAds:
    return ChannelAds.objects.filter(channel=channel).first() or ChannelAds(channel=channel)


def share_bp(format: str, at: datetime) -> int:
    """The streamer's part of an ad of this format, as it is at a moment."""
    rows = RevenueShare.objects.filter(format=format, starts_at__lte=at).order_by("-starts_at", "-pk")
    found = rows.values_list("share_bp", flat=True).first()
    return DEFAULT_BP[format] if found is None else found
