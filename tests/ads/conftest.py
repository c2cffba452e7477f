"""An advertiser with money, a campaign that runs, and Alice on air."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Channel, User
from ads import candidates, store
from ads.deciding import Decided, Slot, decide
from ads.models import Advertiser, Campaign, Creative, LineItem
from ads.spending import pool_of
from ads.viewers import Viewer
from monetization.ledger import GATEWAY, post
from monetization.money import Money
from streaming.models import Broadcast

Offer = Callable[..., Decided | None]


@pytest.fixture(autouse=True)
def _own_redis() -> Iterator[None]:
    """Nothing of another test's is there."""
    store.client.cache_clear()
    store.client().flushdb()
    candidates.forget()
    yield
    candidates.forget()


@pytest.fixture
def advertiser(bob: User, noon: datetime) -> Advertiser:
    """Bob, verified, with ten euros."""
    row = Advertiser.objects.create(
        owner=bob, name="Bakery", website="https://bakery.example/", currency="eur", state="verified", created_at=noon
    )
    give(row, 1000, noon)
    return row


def give(advertiser: Advertiser, minor: int, now: datetime, key: str = "gift") -> None:
    """Prepaid money, as a top-up brings it."""
    money = Money(minor, "eur")
    post(
        key=f"{key}-{advertiser.pk}", kind="ad-top-up", lines=[(GATEWAY, -money), (pool_of(advertiser), money)], now=now
    )


@pytest.fixture
def campaign(advertiser: Advertiser, noon: datetime) -> Campaign:
    row = Campaign.objects.create(advertiser=advertiser, name="Bread", state="approved", created_at=noon)
    facts = {"campaign": row, "state": "approved", "created_at": noon, "click_url": "https://bakery.example/bread"}
    Creative.objects.create(kind="video", title="Fresh", duration_ms=12_000, folder="0" * 24, **facts)
    Creative.objects.create(kind="card", title="Rolls", text="Warm at six", **facts)
    return row


@pytest.fixture
def line(campaign: Campaign, noon: datetime) -> LineItem:
    """A third of a cent for each view before a stream."""
    return make_line(campaign, noon)


def make_line(campaign: Campaign, now: datetime, **facts: Any) -> LineItem:
    defaults: dict[str, Any] = {
        "campaign": campaign,
        "name": "Mornings",
        "format": "pre",
        "model": "cpv",
        "price_micros": 333_300,
        "budget_micros": 5_000_000,
        "pacing": "asap",
        "cap_count": 0,
        "starts_at": now - timedelta(days=1),
    }
    return LineItem.objects.create(**defaults | facts)


@pytest.fixture
def broadcast(alice_channel: Channel, noon: datetime) -> Broadcast:
    return Broadcast.objects.create(channel=alice_channel, started_at=noon - timedelta(hours=1))


@pytest.fixture
def offer(broadcast: Broadcast, noon: datetime) -> Offer:
    """What a viewer is offered: by name, so that two of them are two."""

    def ask(
        who: str = "user:7", format: str = "pre", at: datetime = noon, longest_s: float = 60, country: str = ""
    ) -> Decided | None:
        slot = Slot(broadcast.channel, broadcast, format)
        rng, viewer = random.Random(7), viewer_named(who)
        return decide(slot=slot, viewer=viewer, now=at, rng=rng, longest_s=longest_s, country=lambda: country)

    return ask


def viewer_named(who: str) -> Viewer:
    return Viewer(who, f"net-{who}"[:16])
