"""What a month of a tier costs: by country, by date, and never more without notice."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.test import TestCase
from django.utils import translation

from accounts.models import AuditEntry, Channel, Notification, User
from accounts.notifications import text_of
from monetization.errors import OffStep, TierNameTaken, TooLittle, TooManyTiers, TooMuch
from monetization.models import Contract, Tier, TierPrice
from monetization.money import Money
from monetization.notices import tell_rise
from monetization.pricing import NOTICE, check_price, coming_for, price_for, set_price
from monetization.subscriptions import end, grant
from monetization.tiers import change_tier, close_tier, open_tier, reopen_tier
from realtime.models import OutboxEvent

DAY = timedelta(days=1)


def eur(minor: int) -> Money:
    return Money(minor, "eur")


@pytest.fixture
def bobs(tier: Tier, bob: User, noon: datetime) -> Any:
    return grant(user=bob, channel=tier.channel, tier=tier, starts_at=noon)


def prices(tier: Tier, *at: datetime, country: str = "") -> list[int]:
    return [price_for(Tier.objects.get(pk=tier.pk), country, one).amount_minor for one in at]


@pytest.mark.django_db
def test_one_euro_a_month_and_another_price_in_morocco(tier: Tier, alice: User, noon: datetime) -> None:
    set_price(tier=tier, country="MA", price=Money(1000, "mad"), by=alice, now=noon)

    assert price_for(tier, "", noon) == price_for(tier, "FR", noon) == eur(100)
    assert price_for(tier, "MA", noon) == Money(1000, "mad")

    set_price(tier=tier, country="MA", price=None, by=alice, now=noon + DAY)
    assert price_for(tier, "MA", noon) == Money(1000, "mad")
    assert price_for(tier, "MA", noon + DAY) == eur(100)
    assert AuditEntry.objects.filter(action="set price").count() == 3


@pytest.mark.django_db
def test_a_rise_waits_for_its_notice_to_the_second(tier: Tier, bobs: Any, alice: User, noon: datetime) -> None:
    starts_at = set_price(tier=tier, country="", price=eur(150), by=alice, now=noon)

    assert starts_at == noon + NOTICE == coming_for(tier, noon)[""].starts_at
    assert prices(tier, noon, starts_at - timedelta(seconds=1), starts_at) == [100, 100, 150]


@pytest.mark.django_db
def test_what_costs_nobody_more_holds_at_once(tier: Tier, bobs: Any, alice: User, noon: datetime) -> None:
    assert set_price(tier=tier, country="", price=eur(80), by=alice, now=noon + DAY) == noon + DAY
    end(subscription=bobs, now=noon + 2 * DAY)
    assert set_price(tier=tier, country="", price=eur(300), by=alice, now=noon + 2 * DAY) == noon + 2 * DAY

    assert prices(tier, noon, noon + DAY, noon + 2 * DAY) == [100, 80, 300]
    assert not OutboxEvent.objects.filter(kind="monetization.price_rises").exists()


@pytest.mark.django_db
def test_another_currency_is_as_good_as_a_rise(tier: Tier, bobs: Any, alice: User, noon: datetime) -> None:
    assert set_price(tier=tier, country="", price=Money(60, "usd"), by=alice, now=noon) == noon + NOTICE
    # A country's own price counts from what is paid there so far.
    assert set_price(tier=tier, country="FR", price=eur(120), by=alice, now=noon) == noon + NOTICE
    assert set_price(tier=tier, country="DE", price=eur(100), by=alice, now=noon) == noon


@pytest.mark.django_db
def test_what_is_announced_can_be_taken_back(tier: Tier, bobs: Any, alice: User, noon: datetime) -> None:
    set_price(tier=tier, country="", price=eur(150), by=alice, now=noon)
    set_price(tier=tier, country="", price=eur(120), by=alice, now=noon + DAY)
    assert prices(tier, noon + NOTICE, noon + DAY + NOTICE) == [100, 120]

    set_price(tier=tier, country="", price=eur(100), by=alice, now=noon + 2 * DAY)
    assert prices(tier, noon + 9 * NOTICE) == [100]
    assert coming_for(tier, noon) == {}


@pytest.mark.django_db
def test_nobody_loses_a_price_of_their_country_without_notice(
    tier: Tier, bobs: Any, alice: User, noon: datetime
) -> None:
    set_price(tier=tier, country="FR", price=eur(90), by=alice, now=noon)
    assert set_price(tier=tier, country="FR", price=None, by=alice, now=noon + DAY) == noon + DAY + NOTICE

    # What everybody else was told of is news there as well.
    set_price(tier=tier, country="FR", price=eur(100), by=alice, now=noon + DAY)
    set_price(tier=tier, country="DE", price=eur(100), by=alice, now=noon)
    set_price(tier=tier, country="", price=eur(500), by=alice, now=noon)
    set_price(tier=tier, country="DE", price=None, by=alice, now=noon + 9 * DAY)
    assert prices(tier, noon + NOTICE, country="DE") == [100]


@pytest.mark.django_db
def test_subscribers_are_told_once_in_their_language(
    tier: Tier, bobs: Any, alice: User, bob: User, noon: datetime, fresh_house: None
) -> None:
    set_price(tier=tier, country="", price=eur(150), by=alice, now=noon)
    event = OutboxEvent.objects.get(kind="monetization.price_rises")
    tell_rise(event.payload)
    tell_rise(event.payload)

    note = Notification.objects.get(user=bob)
    assert "“Friends” on alice costs €1.50 a month" in text_of(note)
    assert "July 1, 2026" in text_of(note)
    with translation.override("fr"):
        assert "1,50" in text_of(note)
    TierPrice.objects.filter(starts_at__gt=noon).delete()
    Notification.objects.all().delete()
    tell_rise(event.payload)
    assert not Notification.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("country", "told"), [("", "bob"), ("MA", "dave")])
def test_only_those_are_told_who_are_to_pay_it(
    country: str, told: str, tier: Tier, alice: User, bob: User, dave: User, noon: datetime, fresh_house: None
) -> None:
    set_price(tier=tier, country="MA", price=Money(1000, "mad"), by=alice, now=noon)
    for user, home in ((bob, "FR"), (dave, "MA")):
        row = grant(user=user, channel=tier.channel, tier=tier, starts_at=noon)
        Contract.objects.create(
            user=user, channel=tier.channel, tier=tier, subscription=row, country=home, opened_at=noon
        )

    set_price(tier=tier, country=country, price=eur(900), by=alice, now=noon)
    tell_rise(OutboxEvent.objects.get(kind="monetization.price_rises").payload)

    assert [note.user.username for note in Notification.objects.all()] == [told]


@pytest.mark.django_db
def test_a_letter_says_what_it_will_cost(
    tier: Tier, bobs: Any, alice: User, bob: User, noon: datetime, fresh_house: None, mailoutbox: list[EmailMessage]
) -> None:
    bob.language = "fr"
    bob.save()
    set_price(tier=tier, country="MA", price=Money(1500, "mad"), by=alice, now=noon)
    with TestCase.captureOnCommitCallbacks(execute=True):
        tell_rise(OutboxEvent.objects.get(kind="monetization.price_rises").payload)

    (letter,) = mailoutbox
    assert letter.to == ["bob@example.com"]
    assert letter.subject == "« Friends » sur alice coûtera plus cher"
    body = letter.body.replace("\u202f", "\xa0")
    assert "À partir du 1 juillet 2026, la formule coûte 15,00\xa0MAD par mois (Maroc)." in body


@pytest.mark.django_db
def test_three_tiers_are_on_sale_at_most(tier: Tier, alice: User, noon: datetime) -> None:
    def open_one(name: str) -> Tier:
        facts: dict[str, Any] = {"about": "", "perk_codes": [], "price": eur(200), "now": noon}
        return open_tier(channel=tier.channel, by=alice, name=name, **facts)

    with pytest.raises(TierNameTaken):
        open_one("Friends")
    open_one("Good friends")
    open_one("Best friends")
    with pytest.raises(TooManyTiers):
        open_one("Family")

    close_tier(tier=tier, by=alice, now=noon)
    open_one("Friends")
    with pytest.raises(TooManyTiers):
        reopen_tier(tier=tier, by=alice)
    close_tier(tier=Tier.objects.get(name="Best friends"), by=alice, now=noon)
    with pytest.raises(TierNameTaken):
        reopen_tier(tier=tier, by=alice)
    assert prices(tier, noon) == [100]


@pytest.mark.django_db
def test_a_tier_says_something_else(tier: Tier, alice: User) -> None:
    change_tier(tier=tier, by=alice, name="Pals", about="Thanks", perk_codes=["emotes", "nonsense", "badge"])

    tier.refresh_from_db()
    assert (tier.name, tier.about, tier.perks) == ("Pals", "Thanks", ["badge", "emotes"])
    assert OutboxEvent.objects.filter(kind="monetization.tier_changed").count() == 1
    with pytest.raises(ValidationError):
        change_tier(tier=tier, by=alice, name="Two\nlines", about="", perk_codes=[])


@pytest.mark.parametrize(
    ("minor", "currency", "error"),
    [
        (49, "eur", TooLittle),
        (499, "mad", TooLittle),
        (1999, "tnd", TooLittle),
        (2005, "tnd", OffStep),
        (100_000_000, "eur", TooMuch),
    ],
)
def test_prices_that_no_card_is_charged(minor: int, currency: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_price(Money(minor, currency))
    for least in (eur(50), Money(2000, "tnd"), Money(50, "jpy")):
        check_price(least)


@pytest.mark.django_db
def test_a_subscription_is_to_a_tier_of_its_channel(tier: Tier, alice: User, bob: User, noon: datetime) -> None:
    other = Channel.objects.create(name="others", owner=alice)

    with pytest.raises(ValidationError):
        grant(user=bob, channel=other, tier=tier, starts_at=noon)
