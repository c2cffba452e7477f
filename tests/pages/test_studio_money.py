"""The studio's pages of subscriptions and earnings, as their owner uses them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Channel, User
from monetization.models import BankAccount, Residence, Tier
from monetization.money import Money
from monetization.pricing import NOTICE, price_for
from monetization.subscriptions import grant
from monetization.tiers import open_tier
from tests.monetization.test_earnings import pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]
PAGE, EARNINGS = "/studio/alice/subscriptions", "/studio/alice/earnings"


@pytest.fixture
def studio(client: Client, alice: User, alice_channel: Channel) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def tier(alice: User, alice_channel: Channel) -> Tier:
    facts: dict[str, Any] = {"about": "Thanks!", "perk_codes": ["badge"], "price": Money(100, "eur")}
    return open_tier(channel=alice_channel, by=alice, name="Friends", now=timezone.now(), **facts)


def new_tier(amount: str, currency: str = "eur") -> dict[str, Any]:
    return {"new-name": "Pals", "new-amount": amount, "new-currency": currency, "new-perks": ["badge", "rooms"]}


def test_a_tier_at_one_euro(studio: Client, bob: User, alice_channel: Channel) -> None:
    assert "Nobody can subscribe yet" in studio.get(PAGE).content.decode()

    answer = studio.post(f"{PAGE}/tiers", new_tier("1"), follow=True)

    tier = Tier.objects.get()
    assert (tier.name, tier.perks) == ("Pals", ["badge", "rooms"])
    assert price_for(tier, "", timezone.now()) == Money(100, "eur")
    assert "€1.00 a month" in answer.content.decode()
    grant(user=bob, channel=alice_channel, tier=tier, starts_at=timezone.now())
    assert "1 subscriber<" in studio.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("amount", "currency", "says"),
    [
        ("0.49", "eur", "At least €0.50 can be paid by card."),
        ("2.001", "tnd", "Amounts in this currency are multiples of TND0.010."),
        ("1.005", "eur", "Write an amount as 5 or 4.99."),
        ("nothing", "eur", "Write an amount as 5 or 4.99."),
        ("1000000", "eur", "At most €999,999.99 can be paid by card."),
    ],
)
def test_what_is_wrong_stands_at_the_amount(studio: Client, amount: str, currency: str, says: str) -> None:
    answer = studio.post(f"{PAGE}/tiers", new_tier(amount, currency))

    assert answer.status_code == 422
    assert answer.context["new"].errors == {"amount": [says]}
    assert answer.context["new"]["name"].value() == "Pals"
    assert not Tier.objects.exists()


def test_amounts_are_shown_and_read_in_french(studio: Client, tier: Tier) -> None:
    studio.cookies["django_language"] = "fr"
    form = {f"p{tier.pk}-country": "MA", f"p{tier.pk}-amount": "12,5", f"p{tier.pk}-currency": "mad"}

    page = studio.post(f"{PAGE}/tiers/{tier.pk}/prices", form, follow=True).content.decode().replace("\u202f", "\xa0")

    assert "Maroc" in page
    assert "12,50\xa0MAD" in page
    assert "1,00\xa0€" in page


def test_a_higher_price_is_announced_and_can_be_taken_back(studio: Client, tier: Tier, bob: User) -> None:
    now = timezone.now()
    grant(user=bob, channel=tier.channel, tier=tier, starts_at=now)
    form = {f"p{tier.pk}-country": "", f"p{tier.pk}-amount": "2", f"p{tier.pk}-currency": "eur"}

    page = studio.post(f"{PAGE}/tiers/{tier.pk}/prices", form, follow=True).content.decode()
    assert "Subscribers are told now." in page
    assert "€2.00 from" in page
    assert price_for(tier, "", now) == Money(100, "eur")
    assert price_for(tier, "", timezone.now() + NOTICE + timedelta(minutes=1)) == Money(200, "eur")

    studio.post(f"{PAGE}/tiers/{tier.pk}/prices", form | {f"p{tier.pk}-amount": "1"})
    assert price_for(Tier.objects.get(), "", now + 9 * NOTICE) == Money(100, "eur")


def test_a_country_loses_its_own_price(studio: Client, tier: Tier) -> None:
    form = {f"p{tier.pk}-country": "MA", f"p{tier.pk}-amount": "10", f"p{tier.pk}-currency": "mad"}
    studio.post(f"{PAGE}/tiers/{tier.pk}/prices", form)
    assert price_for(tier, "MA", timezone.now()) == Money(1000, "mad")

    studio.post(f"{PAGE}/tiers/{tier.pk}/prices/MA/drop")
    assert price_for(tier, "MA", timezone.now()) == Money(100, "eur")


def test_a_tier_is_described_closed_and_reopened(studio: Client, tier: Tier) -> None:
    key = f"t{tier.pk}"
    studio.post(f"{PAGE}/tiers/{tier.pk}", {f"{key}-name": "Pals", f"{key}-perks": ["emotes"]})
    studio.post(f"{PAGE}/tiers/{tier.pk}/close")
    tier.refresh_from_db()
    assert (tier.name, tier.perks, tier.is_on_sale) == ("Pals", ["emotes"], False)
    assert "Closed tiers" in studio.get(PAGE).content.decode()

    for number in range(3):
        studio.post(f"{PAGE}/tiers", new_tier("1") | {"new-name": f"Tier {number}"})
    page = studio.post(f"{PAGE}/tiers/{tier.pk}/reopen", follow=True).content.decode()
    assert "at most three tiers" in page


def test_lists_cost_the_same_however_long(studio: Client, tier: Tier, alice: User) -> None:
    with CaptureQueriesContext(connection) as few:
        studio.get(PAGE)
    for name in ("Pals", "Family"):
        open_tier(
            channel=tier.channel,
            by=alice,
            name=name,
            about="",
            perk_codes=[],
            price=Money(500, "eur"),
            now=timezone.now(),
        )
    with CaptureQueriesContext(connection) as more:
        studio.get(PAGE)
    assert len(more) == len(few)


def test_a_house_without_payments_has_neither(studio: Client) -> None:
    with override_settings(PAYMENTS="off"):
        assert [studio.get(page).status_code for page in (PAGE, EARNINGS)] == [404, 404]
        assert "/earnings" not in studio.get("/studio/alice/chat").content.decode()
    assert "/earnings" in studio.get("/studio/alice/chat").content.decode()


def test_earnings_are_empty_at_first(studio: Client) -> None:
    page = studio.get(EARNINGS).content.decode()

    assert "Nothing earned yet" in page
    assert studio.get(f"{EARNINGS}/plots/eur").json() == {"at": []}


def test_what_was_earned_by_kind_and_month(studio: Client, alice_channel: Channel) -> None:
    now = timezone.now()
    for months, kind in ((0, "tip"), (0, "tip"), (1, "subscription"), (14, "tip")):
        pay(alice_channel, kind, Money(100, "eur"), now - timedelta(days=31 * months), fee=Money(27, "eur"))

    answer = studio.get(EARNINGS)
    (shown,) = answer.context["shown"]
    assert shown["balance"].available == Money(4 * 73, "eur")
    assert answer.context["year"] == now.year
    assert "€0.73" in answer.content.decode()
    old = studio.get(f"{EARNINGS}?year={(now - timedelta(days=31 * 14)).year}").context["shown"][0]
    assert len(old["months"]) == 1

    plots = studio.get(f"{EARNINGS}/plots/eur").json()
    assert len(plots["at"]) == len(plots["net"]) == 16 or len(plots["at"]) == 15
    assert (plots["gross"][0], plots["gross"][-1], plots["net"][-1]) == (0, 2.0, 1.46)

    table = studio.get(f"{EARNINGS}/{now.year}.csv")
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    assert "tip,payment:tip-0,EUR,1.00,0.00,0.27,0.00,0.00,0.73" in table.content.decode()


def test_where_one_lives_and_is_paid(studio: Client, alice: User) -> None:
    studio.post(f"{EARNINGS}/country", {"country": "MA"})
    studio.post(f"{EARNINGS}/bank", {"holder": "Alice", "number": "de89 3704 0044 0532 0130 00", "bic": ""})

    assert Residence.objects.get().country == "MA"
    assert BankAccount.objects.get(user=alice).number == "DE89370400440532013000"
    page = studio.get(EARNINGS).content.decode()
    assert "…3000" in page
    assert "DE8937" not in page
    for fields in ({"holder": "Alice", "number": "DE00370400440532013000"}, {"holder": "A\x07", "number": "12345678"}):
        assert studio.post(f"{EARNINGS}/bank", fields).status_code == 422
    assert studio.post(f"{EARNINGS}/country", {"country": "ZZ"}).status_code == 422


def test_an_account_changes_twenty_times_an_hour_at_most(studio: Client) -> None:
    answers = [studio.post(f"{EARNINGS}/country", {"country": "MA"}).status_code for _ in range(21)]

    assert answers == [302] * 20 + [422]
