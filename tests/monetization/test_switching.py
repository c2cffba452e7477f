"""Another tier: a dearer one at once for the rest of the month, any other with the next."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Channel, User
from monetization import actions
from monetization.contracts import end_contracts_of, open_month
from monetization.errors import NotForSale, NotInForce
from monetization.models import Card, Contract, Payment, Subscription, Tier, TierSwitch
from monetization.money import Money
from monetization.renewals import renew_due
from monetization.settling import _charge_again, ask, settle
from monetization.sweeping import sweep
from monetization.switching import _decide, offers, switch_due
from monetization.tiers import open_tier
from tests.monetization.sandbox import ASKS, DECLINED_LATER, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

JULY = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def tiers(alice_channel: Channel, alice: User, noon: datetime) -> list[Tier]:
    """At 1.00, 4.00 and 1.20 EUR."""
    return [
        open_tier(
            channel=alice_channel,
            by=alice,
            name=name,
            about="",
            perk_codes=["badge"],
            price=Money(minor, "eur"),
            now=noon,
        )
        for name, minor in (("Friends", 100), ("Patrons", 400), ("Fans", 120))
    ]


@pytest.fixture
def contract(card: Card, tiers: list[Tier], noon: datetime) -> Contract:
    actions.subscribe(user=card.user, tier=tiers[0], card=card, country="", now=noon)
    return Contract.objects.get()


def now_at(contract: Contract) -> Contract:
    return Contract.objects.select_related("tier", "next_tier", "subscription__tier").get(pk=contract.pk)


def test_a_dearer_one_is_paid_for_what_is_left_of_the_month(
    contract: Contract, card: Card, tiers: list[Tier], noon: datetime
) -> None:
    payment = actions.switch(contract=contract, tier=tiers[1], card=card, now=noon + timedelta(days=20))

    # Ten days of thirty, three euros a month.
    assert payment is not None
    assert (payment.state, payment.amount) == ("paid", Money(100, "eur"))
    row = now_at(contract)
    assert (row.tier, row.paid_until, row.months_paid) == (tiers[1], JULY, 1)
    assert row.subscription is not None
    assert row.subscription.tier == tiers[1]
    assert TierSwitch.objects.get().reckoning == [
        {"left_s": 10 * 86400, "whole_s": 30 * 86400, "before_minor": 100, "after_minor": 400}
    ]
    renew_due(JULY)
    assert Payment.objects.latest("created_at").amount == Money(400, "eur")


@pytest.mark.parametrize(("days", "minor"), [(0, 300), (15, 150), (25, 50), (25.1, None)])
def test_the_difference_is_rounded_and_never_less_than_can_be_charged(
    contract: Contract, tiers: list[Tier], noon: datetime, days: float, minor: int | None
) -> None:
    (dearer, _) = offers(contract, noon + timedelta(days=days))

    assert dearer.now == (None if minor is None else Money(minor, "eur"))


def test_a_tier_that_opened_within_the_month_costs_what_it_did_at_first(
    contract: Contract, card: Card, alice: User, noon: datetime
) -> None:
    """Also for who has it by then, and changes once more."""
    Tier.objects.exclude(pk=contract.tier_id).update(closed_at=noon)
    for name, minor, day, difference in (("New", 400, 10, 100), ("Newest", 700, 12, 100)):
        opened_at, price = noon + timedelta(days=day), Money(minor, "eur")
        tier = open_tier(
            channel=contract.channel, by=alice, name=name, about="", perk_codes=[], price=price, now=opened_at
        )
        at = noon + timedelta(days=20)

        payment = actions.switch(contract=now_at(contract), tier=tier, card=card, now=at)

        assert payment is not None
        assert payment.amount == Money(difference, "eur")
        assert now_at(contract).tier == tier


def test_any_other_begins_with_the_next_month(
    contract: Contract, card: Card, tiers: list[Tier], noon: datetime
) -> None:
    actions.switch(contract=contract, tier=tiers[1], card=card, now=noon)

    assert actions.switch(contract=contract, tier=tiers[0], card=None, now=noon) is None

    assert now_at(contract).tier == tiers[1]
    switch_due(JULY)
    assert now_at(contract).tier == tiers[1]
    renew_due(JULY)
    switch_due(JULY)
    row = now_at(contract)
    assert (row.tier, row.next_tier) == (tiers[0], None)
    assert Subscription.objects.get().tier == tiers[0]
    assert Payment.objects.latest("created_at").amount == Money(100, "eur")


def test_who_thinks_again_stays(contract: Contract, card: Card, tiers: list[Tier], noon: datetime) -> None:
    actions.switch(contract=contract, tier=tiers[2], card=card, now=noon)
    assert now_at(contract).next_tier == tiers[2]

    actions.switch(contract=now_at(contract), tier=tiers[0], card=None, now=noon)

    assert now_at(contract).next_tier is None


def test_once_the_next_tier_is_paid_ahead_nobody_stays_with_the_dearer_one(
    contract: Contract, card: Card, tiers: list[Tier], noon: datetime
) -> None:
    actions.switch(contract=contract, tier=tiers[1], card=card, now=noon)
    actions.switch(contract=now_at(contract), tier=tiers[0], card=None, now=noon)
    early = JULY - timedelta(days=1)
    ahead = ask(open_month(now_at(contract), card, early, is_off_session=True), early)
    assert (ahead.state, ahead.amount) == ("paid", Money(100, "eur"))

    assert offers(now_at(contract), early) == []
    with pytest.raises(NotInForce):
        actions.switch(contract=now_at(contract), tier=tiers[1], card=None, now=early)
    switch_due(JULY)
    assert now_at(contract).tier == tiers[0]
    assert offers(now_at(contract), JULY)


def test_nothing_changes_unpaid(
    sandbox: Sandbox, contract: Contract, card: Card, tiers: list[Tier], noon: datetime
) -> None:
    declined = actions.switch(
        contract=contract, tier=tiers[1], card=sandbox.save_card(card.user, DECLINED_LATER), now=noon
    )
    assert declined is not None
    assert (declined.state, now_at(contract).tier) == ("failed", tiers[0])
    asked = actions.switch(contract=contract, tier=tiers[1], card=sandbox.save_card(card.user, ASKS), now=noon)
    assert asked is not None
    assert (asked.state, now_at(contract).tier) == ("action", tiers[0])
    assert offers(contract, noon) == []
    with pytest.raises(NotInForce):
        actions.switch(contract=contract, tier=tiers[1], card=card, now=noon)


def test_the_next_month_waits_for_a_dearer_tier_that_is_being_paid(
    contract: Contract, card: Card, tiers: list[Tier]
) -> None:
    payment = _decide(contract, tiers[1], card, JULY - timedelta(days=10))
    assert payment is not None
    charge = _charge_again(payment, JULY - timedelta(days=10))
    assert renew_due(JULY) == 0

    settle(charge, JULY)

    assert renew_due(JULY) == 1
    assert Payment.objects.latest("created_at").amount == Money(400, "eur")


def test_paid_too_late_it_goes_back(contract: Contract, card: Card, tiers: list[Tier], noon: datetime) -> None:
    payment = _decide(contract, tiers[1], card, noon)
    assert payment is not None
    _charge_again(payment, noon)
    end_contracts_of(user=card.user, now=noon)

    for minutes in (2, 4):
        sweep(noon + timedelta(minutes=minutes))

    payment.refresh_from_db()
    assert payment.refunded == payment.amount


def test_only_what_is_on_sale_there(
    contract: Contract, card: Card, tiers: list[Tier], dave: User, noon: datetime
) -> None:
    other = Channel.objects.create(name="dave", owner=dave)
    price = Money(500, "eur")
    elsewhere = open_tier(channel=other, by=dave, name="X", about="", perk_codes=[], price=price, now=noon)

    with pytest.raises(NotForSale):
        actions.switch(contract=contract, tier=elsewhere, card=card, now=noon)
    with pytest.raises(NotForSale):
        actions.switch(contract=contract, tier=tiers[1], card=None, now=noon)


def test_the_page_says_what_it_costs(client: Client, contract: Contract, card: Card, tiers: list[Tier]) -> None:
    Contract.objects.update(opened_at=datetime.now(UTC), paid_until=datetime.now(UTC) + timedelta(days=30))
    client.force_login(card.user)
    address = f"/settings/subscriptions/{contract.pk}/tier"

    page = client.get(address).content.decode()
    answer = client.post(address, {"tier": tiers[1].pk, "card": card.pk})

    assert "At once, for" in page
    assert "With the next month:" in page
    assert answer["Location"].startswith("/money/payments/")
    assert now_at(contract).tier == tiers[1]
