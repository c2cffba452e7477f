"""Subscribing to a channel for money, as pages show it."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import Channel, User
from monetization.models import Contract, Payment, Tier
from monetization.money import Money
from monetization.pricing import set_price
from monetization.renewals import renew_due
from monetization.tiers import open_tier
from tests.monetization.sandbox import DECLINED_LATER, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


@pytest.fixture
def tier(alice_channel: Channel, alice: User) -> Tier:
    euro = Money(100, "eur")
    return open_tier(
        channel=alice_channel, by=alice, name="Friends", about="", perk_codes=[], price=euro, now=timezone.now()
    )


@pytest.fixture
def as_bob(tier: Tier, bob: User, sandbox: Sandbox) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def subscribe(client: Client, tier: Tier, user: User) -> Contract:
    answer = client.post("/@alice/subscribe", {"tier": tier.pk, "card": user.cards.get(is_default=True).pk})
    assert answer.headers["Location"] == f"/money/payments/{Payment.objects.get().pk}"
    return Contract.objects.get()


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_tier_is_chosen_paid_cancelled_and_resumed(as_bob: Client, tier: Tier, bob: User, sandbox: Sandbox) -> None:
    assert "/@alice/subscribe" in text_of(as_bob, "/@alice")
    assert "First, a card" in text_of(as_bob, "/@alice/subscribe")
    sandbox.save_card(bob)
    assert "€1.00 a month" in text_of(as_bob, "/@alice/subscribe")

    contract = subscribe(as_bob, tier, bob)

    assert "“Friends” here already" in text_of(as_bob, "/@alice/subscribe")
    assert "Charged next:" in text_of(as_bob, "/settings/subscriptions")
    as_bob.post(f"/settings/subscriptions/{contract.pk}/cancel")
    assert "Ends:" in text_of(as_bob, "/settings/subscriptions")
    as_bob.post(f"/settings/subscriptions/{contract.pk}/resume")
    assert "Charged next:" in text_of(as_bob, "/settings/subscriptions")


def test_an_overdue_month_is_paid_from_another_card(as_bob: Client, tier: Tier, bob: User, sandbox: Sandbox) -> None:
    sandbox.save_card(bob)
    contract = subscribe(as_bob, tier, bob)
    sandbox.save_card(bob, DECLINED_LATER)
    renew_due(timezone.now() + timedelta(days=32))
    assert "The last charge was declined" in text_of(as_bob, "/settings/subscriptions")
    sandbox.save_card(bob)

    answer = as_bob.post(f"/settings/subscriptions/{contract.pk}/pay")

    assert answer.headers["Location"].startswith("/money/payments/")
    contract.refresh_from_db()
    assert (contract.state, contract.months_paid) == (Contract.State.RUNNING, 2)


def test_without_payments_there_is_nothing_to_subscribe_to(as_bob: Client, tier: Tier) -> None:
    with override_settings(PAYMENTS="off"):
        assert as_bob.get("/@alice/subscribe").status_code == 404
        assert as_bob.get("/settings/subscriptions").status_code == 404
        assert "/@alice/subscribe" not in text_of(as_bob, "/@alice")


def test_nobody_cancels_for_somebody_else(as_bob: Client, tier: Tier, bob: User, dave: User, sandbox: Sandbox) -> None:
    sandbox.save_card(bob)
    contract = subscribe(as_bob, tier, bob)
    other = Client()
    other.force_login(dave)

    assert other.post(f"/settings/subscriptions/{contract.pk}/cancel").status_code == 404
    assert "You pay for nothing each month" in text_of(other, "/settings/subscriptions")


def test_prices_are_those_of_the_country_that_was_chosen(
    as_bob: Client, tier: Tier, alice: User, bob: User, sandbox: Sandbox
) -> None:
    set_price(tier=tier, country="BE", price=Money(70, "eur"), by=alice, now=timezone.now())
    sandbox.save_card(bob)
    assert "€1.00 a month" in text_of(as_bob, "/@alice/subscribe")

    as_bob.post("/settings/wallet/country", {"country": "BE"})

    assert "€0.70 a month" in text_of(as_bob, "/@alice/subscribe")
    contract = subscribe(as_bob, tier, bob)
    assert (contract.country, Payment.objects.get().payer_country) == ("BE", "BE")
    as_bob.post("/settings/wallet/country", {"country": "nowhere"})
    assert 'value="BE" selected' in text_of(as_bob, "/settings/wallet")
