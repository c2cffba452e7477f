"""What a streamer lets be shown."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import Channel, User
from ads.candidates import forget
from ads.models import ChannelAds

_SETS = ("blocked_categories", "blocked_advertisers")


@transaction.atomic
def choose(*, channel: Channel, wishes: Mapping[str, Any], by: User) -> ChannelAds:
    """Keep what a streamer chose, formats and schedule, and whom and what they turn away."""
    plain = {name: value for name, value in wishes.items() if name not in _SETS}
    row, _new = ChannelAds.objects.update_or_create(channel=channel, defaults=plain)
    for name in _SETS:
        if name in wishes:
            getattr(row, name).set(wishes[name])
    audit.record(by, "changed ads", channel, **plain)
    transaction.on_commit(forget)
    return row
