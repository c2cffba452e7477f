"""A channel that takes tips."""

import pytest

from accounts.models import Channel
from monetization.models import TipSettings


@pytest.fixture
def tipped(alice_channel: Channel) -> Channel:
    """Alice's channel, which takes tips from one euro to five hundred."""
    TipSettings.objects.create(channel=alice_channel, is_on=True, currency="eur")
    return alice_channel
