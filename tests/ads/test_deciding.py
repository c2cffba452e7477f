"""Who is offered what."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Channel, User
from ads import candidates, store
from ads.actions import choose
from ads.deciding import may_see_ads
from ads.models import AdRules, Advertiser, Campaign, Creative, LineItem, RevenueShare
from monetization.models import Subscription, Tier
from streaming.models import Broadcast, Category
from tests.ads.conftest import Offer, make_line
from tests.ads.test_counting import tell
from tests.ads.test_store import close_own

pytestmark = pytest.mark.django_db


def test_the_offer_says_what_the_streamer_gets(line: LineItem, offer: Offer, noon: datetime) -> None:
    found = offer()
    assert found is not None
    assert (found.offer.share_bp, found.advertiser, found.offer.duration_ms) == (5500, "Bakery", 12_000)

    RevenueShare.objects.create(format="pre", share_bp=6000, starts_at=noon - timedelta(hours=1))
    RevenueShare.objects.create(format="pre", share_bp=9000, starts_at=noon + timedelta(hours=1))
    candidates.forget()
    found = offer("user:8")
    assert found is not None
    assert found.offer.share_bp == 6000


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "mid"},
        {"is_on": False},
        {"languages": ["fr"]},
        {"countries": ["FR"]},
        {"starts_at": datetime(2027, 1, 1).astimezone()},
        {"price_micros": 20_000_000, "budget_micros": 5_000_000},
    ],
)
def test_a_line_runs_where_it_is_meant_to(line: LineItem, offer: Offer, changes: dict[str, Any]) -> None:
    LineItem.objects.filter(pk=line.pk).update(**changes)

    assert offer() is None


def test_a_line_for_some_countries_goes_by_where_the_viewer_is(line: LineItem, offer: Offer) -> None:
    LineItem.objects.filter(pk=line.pk).update(countries=["FR"])

    assert [offer(country=one) is not None for one in ("BE", "", "FR")] == [False, False, True]


def test_channels_in_and_out(line: LineItem, offer: Offer, alice_channel: Channel, bob: User) -> None:
    line.channels_out.add(alice_channel)
    assert offer() is None
    line.channels_out.clear()
    line.channels_in.add(Channel.objects.create(name="other", owner=bob))
    candidates.forget()
    assert offer() is None
    line.channels_in.add(alice_channel)
    candidates.forget()
    assert offer() is not None


def test_a_streamer_turns_away_what_they_do_not_want(
    line: LineItem, offer: Offer, alice: User, alice_channel: Channel, advertiser: Advertiser
) -> None:
    food = Category.objects.create(name="Food", slug="food")
    Campaign.objects.update(category=food)
    for wishes in ({"shows_pre": False}, {"blocked_advertisers": [advertiser]}, {"blocked_categories": [food]}):
        choose(channel=alice_channel, wishes={"shows_pre": True, "blocked_advertisers": []} | wishes, by=alice)
        candidates.forget()
        assert offer() is None


@pytest.mark.parametrize("state", ["draft", "review", "paused", "rejected"])
def test_only_what_was_approved_runs(line: LineItem, offer: Offer, state: str) -> None:
    Campaign.objects.update(state=state)

    assert offer() is None


def test_nobody_pays_themselves(line: LineItem, offer: Offer, alice: User) -> None:
    Advertiser.objects.update(owner=alice)

    assert offer() is None


def test_caps_hold_and_a_browser_without_a_key_counts_as_capped(line: LineItem, offer: Offer, noon: datetime) -> None:
    LineItem.objects.update(cap_count=1)
    AdRules.objects.create(quiet_min=0)

    assert offer("") is None
    tell(offer(), "imp@0 skip@5", noon)
    assert offer() is None
    assert offer("user:8") is not None


def test_of_many_lines_at_their_caps_the_one_that_is_not_is_found(
    line: LineItem, offer: Offer, noon: datetime, advertiser: Advertiser
) -> None:
    LineItem.objects.update(cap_count=1)
    AdRules.objects.create(quiet_min=0)
    for name in ("Two", "Three", "Four"):
        campaign = Campaign.objects.create(advertiser=advertiser, name=name, state="approved", created_at=noon)
        facts = {"click_url": "https://bakery.example/", "created_at": noon, "duration_ms": 12_000}
        Creative.objects.create(campaign=campaign, kind="video", title=name, state="approved", **facts)
        make_line(campaign, noon, cap_count=1)
    candidates.forget()

    shown = []
    while (found := offer()) is not None:
        tell(found, "imp@0 skip@5", noon)
        shown.append(found.offer.line_id)
    assert (len(shown), set(shown)) == (4, set(LineItem.objects.values_list("pk", flat=True)))


def test_after_an_ad_there_is_some_quiet(line: LineItem, offer: Offer, noon: datetime) -> None:
    tell(offer(), "imp@0 skip@5", noon)

    assert offer(at=noon + timedelta(minutes=9)) is None
    assert offer(at=noon + timedelta(minutes=11)) is not None


def test_the_budget_is_never_overspent(campaign: Campaign, offer: Offer, noon: datetime) -> None:
    line = make_line(campaign, noon, price_micros=1_000_000, budget_micros=3_500_000)

    found = [offer(f"user:{number}") for number in range(10)]

    assert sum(one is not None for one in found) == 3
    assert store.money_of(line.pk)["reserved"] == 3_000_000
    # What ran out is there for others.
    assert offer("user:77", at=noon + timedelta(seconds=31)) is not None


def test_nor_is_what_was_prepaid(campaign: Campaign, offer: Offer, noon: datetime) -> None:
    for name in ("One", "Two"):
        make_line(campaign, noon, name=name, price_micros=4_000_000, budget_micros=90_000_000)

    assert sum(offer(f"user:{number}") is not None for number in range(6)) == 2


def test_a_redis_that_was_away_is_asked_anew(line: LineItem, offer: Offer, noon: datetime) -> None:
    assert offer("user:1") is not None
    store.client().script_flush()
    assert offer("user:2") is not None
    close_own()
    found = offer("user:7")
    tell(found, "imp@0", noon)
    assert store.money_of(line.pk)["reserved"] == 3 * line.price_micros

    # Word of a reservation got lost, and it is made again: it is one.
    assert found is not None
    about = candidates.known(noon)
    (terms,) = about.terms.values()
    again: dict[str, Any] = {
        "offer": found.offer.id,
        "terms": terms,
        "price": line.price_micros,
        "viewer": found.offer.viewer,
    }
    limits: dict[str, Any] = {
        "life_ms": 1,
        "allowed_today": -1,
        "keep_s": 9,
        "quiet_ms": 0,
        "cap_count": 0,
        "network": "",
    }
    assert store.reserve(now=noon, **again, **limits) == "ok"
    assert store.money_of(line.pk)["reserved"] == 3 * line.price_micros


def test_an_even_line_leaves_something_for_the_evening(campaign: Campaign, offer: Offer, noon: datetime) -> None:
    make_line(campaign, noon, price_micros=100_000, daily_micros=2_400_000, pacing="even")

    assert sum(offer(f"user:{number}") is not None for number in range(24)) == 12


def test_the_house_fills_what_nobody_pays_for(campaign: Campaign, offer: Offer, noon: datetime) -> None:
    house = make_line(campaign, noon, priority="house", price_micros=0, budget_micros=0)
    found = offer()
    assert found is not None
    assert found.offer.line_id == house.pk

    paid = make_line(campaign, noon)
    candidates.forget()
    found = offer("user:8")
    assert found is not None
    assert found.offer.line_id == paid.pk


def test_who_sees_ads(
    alice_channel: Channel, broadcast: Broadcast, alice: User, bob: User, dave: User, erin: User, noon: datetime
) -> None:
    def sees(person: User | AnonymousUser) -> bool:
        return may_see_ads(person, alice_channel, noon)

    tier = Tier.objects.create(channel=alice_channel, name="Friends", perks=["no_ads"], opened_at=noon)
    Subscription.objects.create(user=bob, channel=alice_channel, tier=tier, starts_at=noon, ends_at=noon + timedelta(1))

    assert [sees(one) for one in (AnonymousUser(), dave, bob, alice, erin)] == [True, True, False, False, False]
    assert may_see_ads(bob, alice_channel, noon + timedelta(days=2))
    AdRules.objects.create(is_on=False)
    assert not sees(dave)
