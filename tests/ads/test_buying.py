"""Prepaid money: charged once, spent on ads alone, and back to the card it came from."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import deletion
from accounts.errors import AccountsError
from accounts.models import User
from ads import buying, candidates
from ads.actions import go_on, pause, refund_unused, top_up
from ads.buying import bounds_of
from ads.counting import take_event
from ads.deciding import Decided, Slot, decide
from ads.errors import NotReady, NotVerified, Told
from ads.models import Advertiser, Campaign, Creative, LineItem, TopUp
from ads.spending import pool, unused
from monetization import settling
from monetization.errors import NotEnough, NotForSale, OutOfBounds
from monetization.gateway import open_gateway
from monetization.ledger import FEES, GATEWAY, TAX, balance_of
from monetization.models import Card, TaxRate
from monetization.money import Money
from monetization.settling import ask
from monetization.sweeping import sweep
from pages.advertise_forms import LineForm
from streaming.models import Broadcast
from tests.ads.conftest import make_line, viewer_named
from tests.ads.test_counting import tell
from tests.monetization.sandbox import DECLINED_LATER, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]
TWENTY = Money(2000, "eur")


@pytest.fixture
def bakery(bob: User, noon: datetime) -> Advertiser:
    facts = {"website": "https://b.example/", "currency": "eur", "state": "verified", "created_at": noon}
    return Advertiser.objects.create(owner=bob, name="Bakery", **facts)


@pytest.fixture
def card(sandbox: Sandbox, bob: User) -> Card:
    return sandbox.save_card(bob)


def minor(account: Any) -> int:
    return balance_of(account, "eur").amount_minor


def test_a_top_up_is_there_to_be_spent_without_its_tax(bakery: Advertiser, card: Card, noon: datetime) -> None:
    TaxRate.objects.create(country=card.country, rate_bp=2000, starts_at=noon - timedelta(days=900))
    now = timezone.now()

    row = top_up(advertiser=bakery, amount=TWENTY, card=card, now=now)

    assert (row.state, row.tax_minor) == ("paid", 333)
    assert pool(bakery) == unused(bakery) == Money(1667, "eur")
    assert minor(GATEWAY) + minor(FEES) == -2000
    assert minor(TAX) == 333
    # Asked again, it is charged once.
    assert ask(row, now).state == "paid"
    assert pool(bakery) == Money(1667, "eur")


def test_an_answer_that_got_lost_is_heard_again(bakery: Advertiser, card: Card) -> None:
    now = timezone.now()
    row = buying._open(bakery, TWENTY, card, now)

    sweep(now + timedelta(seconds=30))
    assert TopUp.objects.get(pk=row.pk).state == "asked"
    sweep(now + timedelta(minutes=2))

    assert TopUp.objects.get(pk=row.pk).state == "paid"
    assert pool(bakery) == TWENTY


def test_nobody_leaves_while_a_top_up_or_a_refund_is_unsettled(bakery: Advertiser, card: Card, bob: User) -> None:
    now = timezone.now()
    row = buying._open(bakery, TWENTY, card, now)
    with pytest.raises(AccountsError, match="still being settled"):
        deletion.forget(user=bob, by=bob, now=now)

    ask(row, now)
    (refund,) = buying._decide_refunds(bakery, bob, now)
    with pytest.raises(AccountsError, match="still being settled"):
        deletion.forget(user=bob, by=bob, now=now)

    buying.ask_refund(refund, now)
    deletion.forget(user=bob, by=bob, now=now)
    # As whoever asked for the page before still has it.
    with pytest.raises(NotVerified):
        buying._open(bakery, TWENTY, card, now)


def test_the_gateway_tells_of_a_top_up_as_of_any_payment(bakery: Advertiser, card: Card) -> None:
    now = timezone.now()
    row = buying._open(bakery, TWENTY, card, now)
    charge = settling._charge_again(row, now)

    for _time in range(2):
        assert settling.settle(open_gateway().find_charge(charge.provider_id), now) == row

    assert pool(bakery) == TWENTY


def test_what_is_declined_brings_nothing(bakery: Advertiser, sandbox: Sandbox, bob: User) -> None:
    card = sandbox.save_card(bob, DECLINED_LATER)

    row = top_up(advertiser=bakery, amount=TWENTY, card=card, now=timezone.now())

    assert row.state == "failed"
    assert not pool(bakery)


def test_what_is_out_of_bounds_is_not_asked_for(bakery: Advertiser, card: Card, sandbox: Sandbox, alice: User) -> None:
    now = timezone.now()
    for amount, refused in ((Money(999, "eur"), OutOfBounds), (Money(2000, "usd"), NotForSale)):
        with pytest.raises(refused):
            top_up(advertiser=bakery, amount=amount, card=card, now=now)
    with pytest.raises(NotForSale):
        top_up(advertiser=bakery, amount=TWENTY, card=sandbox.save_card(alice), now=now)
    Advertiser.objects.update(state="waiting")
    bakery.refresh_from_db()
    with pytest.raises(NotVerified):
        top_up(advertiser=bakery, amount=TWENTY, card=card, now=now)


def test_what_was_not_spent_goes_back_with_its_tax(bakery: Advertiser, card: Card, bob: User, noon: datetime) -> None:
    TaxRate.objects.create(country=card.country, rate_bp=2000, starts_at=noon - timedelta(days=900))
    now = timezone.now()
    top_up(advertiser=bakery, amount=TWENTY, card=card, now=now)
    campaign = Campaign.objects.create(advertiser=bakery, name="Bread", state="approved", created_at=now)
    with pytest.raises(NotReady):
        refund_unused(advertiser=bakery, by=bob, now=now)
    with pytest.raises(AccountsError):
        deletion.forget(user=bob, by=bob, now=now)
    pause(campaign=campaign, by=bob)

    (row,) = refund_unused(advertiser=bakery, by=bob, now=now)

    assert (row.state, row.amount_minor) == ("done", 2000)
    assert not pool(bakery)
    assert minor(TAX) == 0
    with pytest.raises(NotEnough):
        refund_unused(advertiser=bakery, by=bob, now=now)


def test_a_refund_that_is_pending_for_days_is_looked_up(
    bakery: Advertiser, card: Card, bob: User, sandbox: Sandbox
) -> None:
    now = timezone.now()
    paid = top_up(advertiser=bakery, amount=TWENTY, card=card, now=now)
    # Nobody heard the answer, and the gateway has forgotten the key.
    (row,) = buying._decide_refunds(bakery, bob, now)
    told = {"payment_intent": paid.provider_id, "amount": "1000", "metadata[refund]": str(row.pk)}
    there = sandbox.ask("/v1/refunds", **told)["id"]

    row = buying.ask_refund(row, now + timedelta(days=2))

    assert (row.state, row.provider_id) == ("done", there)
    assert len(open_gateway().refunds_of(paid.provider_id)) == 1


def test_nothing_goes_back_that_somebody_may_still_be_billed_for(
    bakery: Advertiser, card: Card, bob: User, broadcast: Broadcast
) -> None:
    now = timezone.now().replace(microsecond=0)
    top_up(advertiser=bakery, amount=TWENTY, card=card, now=now)
    facts = {"state": "approved", "created_at": now}
    campaign = Campaign.objects.create(advertiser=bakery, name="Bread", **facts)
    Creative.objects.create(campaign=campaign, kind="video", title="Fresh", duration_ms=12_000, **facts)
    make_line(campaign, now, price_micros=1_000_000)

    def offered(who: str, at: datetime) -> Decided | None:
        slot = Slot(broadcast.channel, broadcast, "pre")
        return decide(slot=slot, viewer=viewer_named(who), now=at, rng=random.Random(7))

    shown, left_open = offered("user:7", now), offered("user:8", now)
    assert left_open is not None
    pause(campaign=campaign, by=bob)
    with pytest.raises(NotReady):
        refund_unused(advertiser=bakery, by=bob, now=now)
    # It was shown meanwhile, and nobody has told PostgreSQL yet. The other offer runs out.
    tell(shown, "imp@0 view@12", now)
    later = now + timedelta(seconds=31)

    (row,) = refund_unused(advertiser=bakery, by=bob, now=later)

    assert row.amount_minor == 1900
    with pytest.raises(Told):
        take_event(token=left_open.offer.sign(), event="imp", viewer=viewer_named("user:8"), now=later)
    # It runs again with what there is now: nothing, until somebody prepays.
    go_on(campaign=campaign, by=bob)
    candidates.forget()
    assert offered("user:9", later) is None
    top_up(advertiser=bakery, amount=TWENTY, card=card, now=later)
    candidates.forget()
    assert offered("user:9", later) is not None


def test_from_an_account_to_a_campaign_under_review(sandbox: Sandbox, dave: User) -> None:
    client = Client()
    client.force_login(dave)
    client.post("/advertise/register", {"name": "Florist", "website": "https://f.example/", "currency": "eur"})
    assert b"verify you" in client.get("/advertise/").content
    page = client.post("/advertise/campaigns", {"name": "Spring"})["Location"]
    line = {
        "name": "Mornings",
        "format": "chat",
        "model": "cpc",
        "price": "0.25",
        "budget": "20",
        "pacing": "even",
        "cap_count": "3",
        "cap_hours": "24",
        "starts_at": "2026-06-01T12:00",
    }
    wrong = client.post(f"{page}/lines", line | {"model": "cpv", "budget": "0.1", "only_on": "nobody"})
    assert wrong.status_code == 422
    assert all(
        text in wrong.content for text in (b"per click or per thousand", b"less than what", b"no channel nobody")
    )

    assert client.post(f"{page}/lines", line | {"price": "100.01", "budget": "200"}).status_code == 422
    client.post(f"{page}/lines", line)
    client.post(f"{page}/cards", {"title": "Tulips", "text": "Red ones", "click_url": "https://f.example/"})
    client.post(f"{page}/submit")

    assert LineItem.objects.values_list("price_micros", "budget_micros", "priority").get() == (
        250_000,
        20_000_000,
        "paid",
    )
    assert Campaign.objects.get().state == "review"
    assert b"Tulips" in client.get(page).content
    assert client.get(f"{page}/report.csv").status_code == 200


@pytest.mark.parametrize(
    ("currency", "least", "most", "dearest"),
    [("eur", 1000, 1_000_000, "100"), ("jpy", 1000, 1_000_000, "10000"), ("inr", 100_000, 99_999_999, "10000")],
)
def test_bounds_are_worth_about_as_much_in_each_currency(currency: str, least: int, most: int, dearest: str) -> None:
    assert bounds_of(currency) == (Money(least, currency), Money(most, currency))
    form = LineForm({"price": f"{dearest}.0001"}, advertiser=Advertiser(currency=currency))
    assert dearest in str(form.errors["price"])
    assert "price" not in LineForm({"price": dearest}, advertiser=Advertiser(currency=currency, is_house=True)).errors
