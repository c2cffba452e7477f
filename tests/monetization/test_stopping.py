"""A dispute over a month stops its subscription's renewals until it is decided; and what hinders a change of tier."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Channel, User
from monetization import actions
from monetization.contracts import open_month
from monetization.disputing import settle_dispute
from monetization.errors import InDispute, NotInForce
from monetization.gateway import DisputeFacts
from monetization.models import Card, Contract, Payment, Tier
from monetization.money import Money
from monetization.renewals import renew_due
from monetization.settling import ask
from monetization.subscriptions import is_subscriber
from monetization.switching import Hindrance, offers, why_none
from monetization.tiers import close_tier, open_tier
from tests.monetization.sandbox import DECLINED_LATER, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

MONTH = timedelta(days=31)


@pytest.fixture
def tiers(alice_channel: Channel, alice: User, noon: datetime) -> list[Tier]:
    prices = (("Friends", 100), ("Patrons", 400))
    facts: dict[str, Any] = {"channel": alice_channel, "by": alice, "about": "", "perk_codes": [], "now": noon}
    return [open_tier(name=name, price=Money(minor, "eur"), **facts) for name, minor in prices]


@pytest.fixture
def paid(card: Card, tiers: list[Tier], noon: datetime) -> Payment:
    return actions.subscribe(user=card.user, tier=tiers[0], card=card, country="", now=noon)


def contract() -> Contract:
    return Contract.objects.select_related("user", "channel", "tier", "next_tier", "subscription").get()


def dispute(payment: Payment, state: Any, now: datetime) -> None:
    facts = DisputeFacts("du_1", payment.provider_id, payment.amount, state, "fraudulent", Money(1500, "eur"))
    settle_dispute(facts, now)


def test_nothing_is_charged_while_it_is_open(paid: Payment, bob: User, noon: datetime) -> None:
    dispute(paid, "open", noon + timedelta(days=5))

    assert is_subscriber(bob, paid.channel, noon + timedelta(days=29))
    assert renew_due(noon + MONTH) == 0
    assert not is_subscriber(bob, paid.channel, noon + MONTH)
    with pytest.raises(NotInForce):
        actions.resume(contract=contract(), now=noon + MONTH)
    assert Payment.objects.count() == 1


def test_won_in_time_it_goes_on_as_if_nothing_had_been(paid: Payment, bob: User, noon: datetime) -> None:
    dispute(paid, "open", noon + timedelta(days=5))
    dispute(paid, "won", noon + timedelta(days=20))

    assert renew_due(noon + MONTH) == 1
    assert is_subscriber(bob, paid.channel, noon + MONTH)
    assert contract().months_paid == 2


def test_won_later_it_goes_on_with_a_month_that_begins_then(paid: Payment, bob: User, noon: datetime) -> None:
    dispute(paid, "open", noon + timedelta(days=5))
    later = noon + 3 * MONTH
    dispute(paid, "won", later)

    # One month, and none for the time in which there was nothing.
    assert [renew_due(later), renew_due(later)] == [1, 0]
    assert is_subscriber(bob, paid.channel, later)
    assert (contract().months_paid, contract().opened_at) == (1, later)


def test_lost_it_ends(paid: Payment, bob: User, noon: datetime) -> None:
    dispute(paid, "open", noon + timedelta(days=5))
    dispute(paid, "lost", noon + timedelta(days=6))

    assert contract().state == Contract.State.ENDED
    assert not is_subscriber(bob, paid.channel, noon + timedelta(days=6))
    assert renew_due(noon + MONTH) == 0


def test_its_page_offers_nothing_that_would_charge(paid: Payment, bob: User, noon: datetime) -> None:
    contract_id, at = contract().pk, noon + timedelta(days=1)
    actions.cancel(contract=contract(), now=at)
    dispute(paid, "open", at)
    with pytest.raises(InDispute):
        actions.resume(contract=contract(), now=at)
    client = Client()
    client.force_login(bob)

    page = client.get("/settings/subscriptions").content.decode()
    switch = client.get(f"/settings/subscriptions/{contract_id}/tier").content.decode()

    assert "Nothing is charged until that is decided" in page
    assert f"/settings/subscriptions/{contract_id}/resume" not in page
    assert "once that is decided" in switch


def test_why_a_tier_cant_be_changed(
    paid: Payment, card: Card, tiers: list[Tier], sandbox: Sandbox, noon: datetime
) -> None:
    assert [offer.tier for offer in offers(contract(), noon)] == [tiers[1]]
    actions.switch(contract=contract(), tier=tiers[1], card=card, now=noon)
    actions.switch(contract=contract(), tier=tiers[0], card=card, now=noon)
    early = noon + timedelta(days=25)
    payment = open_month(contract(), card, early, is_off_session=True)
    assert why_none(contract(), early) == Hindrance.WAITS
    ask(payment, early)
    assert why_none(contract(), early) == Hindrance.PAID_AHEAD
    assert offers(contract(), early) == []

    actions.cancel(contract=contract(), now=early)
    assert why_none(contract(), early) == Hindrance.CANCELLED
    actions.resume(contract=contract(), now=early)
    sandbox.save_card(card.user, DECLINED_LATER)
    overdue = noon + 2 * MONTH
    renew_due(overdue)
    assert why_none(contract(), overdue) == Hindrance.OVERDUE
    for days in range(30):
        renew_due(overdue + timedelta(days=days))
    assert why_none(contract(), overdue) == Hindrance.ENDED


def test_without_another_tier_it_says_so(paid: Payment, tiers: list[Tier], alice: User, noon: datetime) -> None:
    close_tier(tier=tiers[1], by=alice, now=noon)

    assert why_none(contract(), noon) == Hindrance.NO_OTHER
