"""From what was seen to what is owed: every micro-unit once, and the parts sum to the whole."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import F, Model, Sum

from accounts.models import AuditEntry, Channel, User
from ads import candidates, charging, flushing, recounting, reports, store
from ads.actions import clear, remove, reverse
from ads.doubts import note_doubts
from ads.errors import NotReady
from ads.models import AdCharge, AdDay, AdEarning, AdHour, Advertiser, Campaign, Creative, LineItem
from ads.spending import pool, spent_micros, unused
from monetization.ledger import INCOME, balance_of, held, payable
from monetization.money import Money
from streaming.models import Broadcast
from tests.ads.conftest import Offer, give, make_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(line: LineItem, offer: Offer, noon: datetime) -> Callable[[int], None]:
    """So many views, by as many viewers."""
    return lambda count: see(offer, count, noon)


def see(offer: Offer, count: int, noon: datetime, events: str = "imp@0 view@12", **facts: Any) -> None:
    from ads.counting import take_event
    from tests.ads.conftest import viewer_named

    for number in range(count):
        who = f"viewer:{number}"
        found = offer(who, **facts)
        assert found is not None
        for one in events.split():
            name, _, seconds = one.partition("@")
            at = noon + timedelta(seconds=float(seconds))
            take_event(token=found.offer.sign(), event=name, viewer=viewer_named(who), now=at)


def euros(minor: int) -> Money:
    return Money(minor, "eur")


def test_the_ledger_equals_what_redis_counted(
    seen: Callable[[int], None], line: LineItem, advertiser: Advertiser, alice: User, noon: datetime
) -> None:
    seen(10)
    flushing.flush()

    assert spent_micros(advertiser) == store.money_of(line.pk)["spent"] == 10 * 333_300
    charge = AdCharge.objects.first()
    assert charge is not None
    assert (charge.streamer_micros, charge.platform_micros) == (183_315, 149_985)
    hour = AdHour.objects.get()
    assert (hour.impressions, hour.views, hour.skips, hour.gross_micros) == (10, 10, 0, 3_333_000)
    # 3.333 euros in whole cents; the third of a cent comes with the next.
    charging.tell_ledger(noon)
    assert pool(advertiser) == euros(1000 - 333)
    assert balance_of(held(alice, "ads"), "eur") == euros(183)
    assert balance_of(INCOME, "eur") == euros(333 - 183)
    assert charging.tell_ledger(noon) == 0
    assert unused(advertiser) == euros(666)


def test_a_flush_that_dies_is_done_again_and_counts_once(seen: Callable[[int], None], monkeypatch: Any) -> None:
    seen(5)
    for step in ("_count", "_charge", "note_charges"):
        with monkeypatch.context() as patch:
            patch.setattr(flushing, step, _die)
            with pytest.raises(RuntimeError):
                flushing.flush_some(3)
        assert not AdCharge.objects.exists()
    # Committed, but not taken off the stream.
    with monkeypatch.context() as patch:
        patch.setattr(store, "forget_events", _die)
        with pytest.raises(RuntimeError):
            flushing.flush_some(4)

    flushing.flush()

    assert AdCharge.objects.count() == 5
    assert AdHour.objects.aggregate(seen=Sum("views"))["seen"] == 5
    assert store.client().xlen(store.STREAM) <= 1


def _die(*args: object, **facts: object) -> None:
    raise RuntimeError


def test_a_creative_that_is_taken_away_while_it_is_shown_is_still_billed(
    seen: Callable[[int], None], campaign: Campaign
) -> None:
    seen(2)
    # A second time it isn't what was approved any more.
    for _time in range(2):
        remove(creative=campaign.creatives.get(kind="video"))
    remove(creative=campaign.creatives.get(kind="card"))

    flushing.flush()

    connection.check_constraints()
    assert AdCharge.objects.count() == 2
    assert set(campaign.creatives.values_list("state", flat=True)) == {"rejected"}


def test_what_is_told_of_a_deleted_creative_holds_up_nothing(
    seen: Callable[[int], None], campaign: Campaign, line: LineItem, noon: datetime, offer: Offer
) -> None:
    seen(2)
    Creative.objects.filter(kind="video").delete()
    make_line(campaign, noon, format="chat", model="cpc", price_micros=1000)
    candidates.forget()
    see(offer, 1, noon, "imp@0 click@1", format="chat")

    flushing.flush()

    connection.check_constraints()
    assert list(AdCharge.objects.values_list("event", flat=True)) == ["click"]
    assert AdHour.objects.get().impressions == 1


def test_what_redis_has_lost_is_summed_anew(seen: Callable[[int], None], line: LineItem, offer: Offer) -> None:
    seen(3)
    flushing.flush()
    store.client().flushdb()

    for _time in range(2):
        candidates.forget()
        assert offer("somebody else") is not None
        assert store.money_of(line.pk)["spent"] == 3 * 333_300
    assert store.client().hget(f"ads:adv:{line.campaign.advertiser_id}", "spent") == str(3 * 333_300)


def test_an_offer_is_charged_once_whatever_redis_says(seen: Callable[[int], None], advertiser: Advertiser) -> None:
    seen(2)
    entries: Any = store.client().xrange(store.STREAM)
    flushing.flush()
    for _id, fields in entries:
        store.client().xadd(store.STREAM, fields)
        store.client().xadd(store.STREAM, fields)

    flushing.flush()

    assert AdCharge.objects.count() == 2
    assert spent_micros(advertiser) == AdHour.objects.get().gross_micros == 2 * 333_300


def test_ads_in_the_chat_give_the_platform_nothing(
    campaign: Campaign, offer: Offer, alice: User, noon: datetime
) -> None:
    make_line(campaign, noon, format="chat", model="cpc", price_micros=333_300)
    see(offer, 7, noon, "imp@0 v2@1 click@1", format="chat")
    flushing.flush()
    charging.tell_ledger(noon)

    sums = AdCharge.objects.aggregate(gross=Sum("gross_micros"), streamer=Sum("streamer_micros"))
    assert sums["gross"] == sums["streamer"] == 7 * 333_300
    assert balance_of(held(alice, "ads"), "eur") == euros(233)
    assert balance_of(INCOME, "eur") == euros(0)


def test_what_was_held_long_enough_is_paid(seen: Callable[[int], None], alice: User, noon: datetime) -> None:
    seen(6)
    flushing.flush()
    charging.tell_ledger(noon)
    later = noon + timedelta(days=31)

    assert charging.clear_due(noon + timedelta(days=29)) == 0
    assert (charging.clear_due(later), charging.pay_cleared()) == (6, 6)
    charging.tell_ledger(later)

    assert balance_of(payable(alice), "eur") == euros(109)
    assert balance_of(held(alice, "ads"), "eur") == euros(0)


@pytest.mark.parametrize("is_paid", [False, True])
def test_a_reversed_charge_is_the_advertisers_again(
    seen: Callable[[int], None],
    line: LineItem,
    advertiser: Advertiser,
    alice: User,
    erin: User,
    noon: datetime,
    is_paid: bool,
    django_capture_on_commit_callbacks: Any,
) -> None:
    seen(3)
    flushing.flush()
    if is_paid:
        charging.clear_due(noon + timedelta(days=31))
        charging.pay_cleared()
    charging.tell_ledger(noon)

    with django_capture_on_commit_callbacks(execute=True):
        for charge in AdCharge.objects.all():
            reverse(charge=charge, by=erin, reason="robots")
    charging.tell_ledger(noon)

    assert unused(advertiser) == pool(advertiser) == euros(1000)
    assert store.money_of(line.pk)["spent"] == 0
    for account in (held(alice, "ads"), payable(alice), INCOME):
        assert balance_of(account, "eur") == euros(0)
    assert AuditEntry.objects.filter(action="reversed ad charge").count() == 3
    with pytest.raises(NotReady):
        reverse(charge=charge, by=erin, reason="twice")


def test_what_looks_odd_waits_for_somebody(seen: Callable[[int], None], erin: User, noon: datetime) -> None:
    # Everybody sees everything through.
    AdHour.objects.all().delete()
    seen(4)
    flushing.flush()
    AdHour.objects.update(impressions=60, completions=60)

    assert note_doubts(noon + timedelta(hours=1)) == 4
    assert charging.clear_due(noon + timedelta(days=31)) == 0
    charge = AdCharge.objects.first()
    assert charge is not None
    assert clear(charge=charge, by=erin).state == "cleared"


@pytest.mark.parametrize(("price", "doubted"), [(19_000_000, 0), (21_000_000, 1)])
def test_a_few_dear_clicks_are_looked_at_too(
    campaign: Campaign, advertiser: Advertiser, offer: Offer, noon: datetime, price: int, doubted: int
) -> None:
    give(advertiser, 10_000, noon, "more")
    make_line(campaign, noon, format="chat", model="cpc", price_micros=price, budget_micros=90_000_000)
    see(offer, 1, noon, "imp@0 click@1", format="chat")
    flushing.flush()

    assert note_doubts(noon + timedelta(hours=1)) == doubted


def test_the_sums_that_pages_read_are_those_of_hours_and_charges(
    seen: Callable[[int], None], campaign: Campaign, broadcast: Broadcast, erin: User, noon: datetime
) -> None:
    seen(5)
    flushing.flush()
    reverse(charge=AdCharge.objects.order_by("pk")[0], by=erin, reason="bots")
    clear(charge=AdCharge.objects.order_by("pk")[1], by=erin)
    charging.pay_cleared()

    (day,) = AdDay.objects.all()
    hours = AdHour.objects.aggregate(**{name: Sum(name) for name in (*AdHour.COUNTS, "gross_micros")})
    assert {name: getattr(day, name) for name in hours} == hours
    assert (day.day, reports.daily(campaign, noon)["views"]) == (noon.date(), [5])
    (totals,) = reports.totals_of(campaign).values()
    assert (totals["views"], totals["spent"]) == (5, euros(166))
    # Four are left, of which one is paid: 183,315 micro-units each.
    assert reports.earned_by_format(broadcast.channel) == [{"format": "pre", "earned": euros(73), "held": euros(55)}]
    (earned,) = reports.earned_by_broadcast(broadcast.channel)
    assert (earned["broadcast"], earned["earned"]) == (broadcast.pk, euros(73))

    # Rows from before there were sums come to the same.
    before = [every(AdDay), every(AdEarning)]
    AdDay.objects.all().delete()
    AdEarning.objects.all().delete()
    import_module("ads.migrations.0002_sums").sum_up(apps, connection.schema_editor())
    assert [every(AdDay), every(AdEarning)] == before


def test_sums_that_missed_something_are_set_right_at_night(
    seen: Callable[[int], None], line: LineItem, alice_channel: Channel, broadcast: Broadcast, noon: datetime
) -> None:
    seen(5)
    flushing.flush()
    charging.clear_due(noon + timedelta(days=31))
    assert charging.pay_cleared() == 5
    right = [every(AdDay), every(AdEarning)]
    assert recounting.recount(noon) == 0

    # A worker from before there were sums has counted, and others on top of that.
    AdDay.objects.update(views=F("views") - 3, gross_micros=F("gross_micros") - 999_900)
    AdEarning.objects.all().delete()
    # What lies further back is what it is.
    before = AdDay.objects.create(day=noon.date() - timedelta(days=9), line=line, views=7)
    other = AdEarning.objects.create(channel=alice_channel, format="mid", currency="eur", gross_micros=7)

    assert recounting.recount(noon + timedelta(days=2)) == 2
    for row in (before, other):
        row.delete()
    assert [every(AdDay), every(AdEarning)] == right
    assert recounting.recount(noon + timedelta(days=2)) == 0
    # What was paid out later is looked at when it was due.
    AdEarning.objects.update(paid_micros=0)
    assert [recounting.recount(noon + timedelta(days=days)) for days in (29, 31)] == [0, 1]


def every(model: type[Model]) -> list[dict[str, Any]]:
    return [row | {"id": None} for row in model._default_manager.values()]
