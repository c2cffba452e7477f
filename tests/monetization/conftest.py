"""A channel that takes tips, has a tier, and events that it sells; and a card to pay with."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Channel, User
from monetization.models import Card, TicketedEvent, Tier, TipSettings
from monetization.money import Money
from monetization.ticketing import Terms, sell_tickets
from monetization.tiers import open_tier
from streaming import scheduling
from streaming.describing import Details
from streaming.models import Broadcast
from streaming.scheduling import Announcement
from tests.monetization.sandbox import Sandbox

FIVE = Money(500, "eur")


@pytest.fixture
def card(sandbox: Sandbox, bob: User) -> Card:
    """Bob's, which pays."""
    return sandbox.save_card(bob)


@pytest.fixture
def tier(alice_channel: Channel, alice: User, noon: datetime) -> Tier:
    """One euro a month on alice's channel, with a badge."""
    about: dict[str, Any] = {"channel": alice_channel, "by": alice, "about": "", "perk_codes": ["badge"]}
    return open_tier(name="Friends", price=Money(100, "eur"), now=noon, **about)


@pytest.fixture
def tipped(alice_channel: Channel) -> Channel:
    """Alice's channel, which takes tips from one euro to five hundred."""
    TipSettings.objects.create(channel=alice_channel, is_on=True, currency="eur")
    return alice_channel


Sell = Callable[..., TicketedEvent]


@pytest.fixture
def sell(alice: User, alice_channel: Channel) -> Sell:
    """Put something that alice announced for tomorrow on sale, on these terms."""

    def put_on_sale(price: Money = FIVE, **terms: Any) -> TicketedEvent:
        now = timezone.now()
        about = Announcement(now + timedelta(days=1), 60, "", Details(title="Gala"))
        scheduled = scheduling.plan(channel=alice_channel, announcement=about, by=alice, now=now)
        given = Terms(**({"capacity": 5} | terms))
        return sell_tickets(scheduled=scheduled, terms=given, price=price, by=alice, now=now)

    return put_on_sale


def on_air(event: TicketedEvent, at: datetime, **facts: Any) -> Broadcast:
    """What was announced is on air, or over."""
    broadcast = Broadcast.objects.create(channel=event.channel, visibility="tickets", started_at=at, **facts)
    scheduling.note_aired(event.scheduled, broadcast, at)
    event.refresh_from_db()
    return broadcast
