"""What comes after a given month that is taken back: it moves up, without a gap."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from monetization import actions
from monetization.contracts import month_after
from monetization.models import Card, Contract, GivenMonth, Payment, Tier
from monetization.money import Money
from monetization.renewals import renew_due
from monetization.subscriptions import is_subscriber, tenures_of
from monetization.tiers import open_tier
from tests.monetization.gifting import dispute, give, refund_of
from tests.monetization.sandbox import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

JULY, AUGUST, SEPTEMBER = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in (7, 8, 9))


def follow_each_other(begins: datetime) -> datetime:
    """That the months still given are whole and without a gap from here on; when the last one ends."""
    for month in GivenMonth.objects.given().order_by("subscription__starts_at"):
        assert month.subscription is not None
        assert (month.subscription.starts_at, month.subscription.ends_at) == (begins, month_after(begins, 1))
        begins = month_after(begins, 1)
    return begins


# Ten days into the first of three: itself, the second, the second and then the first, the last.
@pytest.mark.parametrize("gone", [[0], [1], [1, 0], [2]])
def test_those_behind_a_month_that_is_taken_back_move_up(
    card: Card, tier: Tier, dave: User, noon: datetime, gone: list[int]
) -> None:
    payments = [give(card, tier, noon, dave) for _ in range(3)]
    now = noon + timedelta(days=10)

    for number in gone:
        refund_of(payments[number], now)

    left = 3 - len(gone)
    assert GivenMonth.objects.given().count() == left
    ends = follow_each_other(now if 0 in gone else noon)
    # Months count from the first, and nothing comes after.
    assert tenures_of([dave.pk], tier.channel, ends - timedelta(days=1))[dave.pk].months >= left
    assert not is_subscriber(dave, tier.channel, ends)


def test_months_that_put_off_a_paid_one_move_up_with_it(
    card: Card, tier: Tier, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    actions.subscribe(user=dave, tier=tier, card=sandbox.save_card(dave), country="", now=noon)
    first, _ = give(card, tier, noon, dave), give(card, tier, noon, dave)

    refund_of(first, noon + timedelta(days=1))

    assert follow_each_other(JULY) == AUGUST
    assert Contract.objects.get().paid_until == AUGUST
    assert renew_due(JULY) == 0
    assert renew_due(AUGUST) == 1


# Two months given before another tier was chosen, one of that tier after it; each is taken back in turn.
@pytest.mark.parametrize(("gone", "begins"), [(0, AUGUST), (1, AUGUST), (2, SEPTEMBER)])
def test_another_tier_begins_earlier_once_a_month_before_it_is_no_more(
    card: Card, tier: Tier, alice: User, dave: User, sandbox: Sandbox, noon: datetime, gone: int, begins: datetime
) -> None:
    dear = open_tier(
        channel=tier.channel, by=alice, name="Patrons", about="", perk_codes=[], price=Money(900, "eur"), now=noon
    )
    actions.subscribe(user=dave, tier=dear, card=sandbox.save_card(dave), country="", now=noon)
    payments = [give(card, dear, noon, dave) for _ in range(2)]
    actions.switch(contract=Contract.objects.get(), tier=tier, card=None, now=noon)
    payments.append(give(card, tier, noon, dave))
    assert Contract.objects.get().switches_at == SEPTEMBER

    refund_of(payments[gone], noon + timedelta(days=1))

    contract = Contract.objects.get()
    assert (contract.switches_at, contract.paid_until) == (begins, SEPTEMBER)
    for month in GivenMonth.objects.given().select_related("gift", "subscription"):
        assert month.subscription is not None
        assert contract.tier_at(month.subscription.starts_at) == month.gift.tier
    assert renew_due(SEPTEMBER) == 1
    assert Payment.objects.latest("created_at").amount == Money(100, "eur")


# The first of three, the second, the second and then the first; dave's own month is over long before they begin.
@pytest.mark.parametrize("gone", [[0], [1], [1, 0]])
def test_months_given_to_a_subscription_that_has_ended_move_up(
    card: Card, tier: Tier, dave: User, sandbox: Sandbox, noon: datetime, gone: list[int]
) -> None:
    own = actions.subscribe(user=dave, tier=tier, card=sandbox.save_card(dave), country="", now=noon)
    payments = [give(card, tier, noon, dave) for _ in range(3)]
    dispute(own, "lost", noon + timedelta(days=5))
    assert not Contract.objects.in_force().exists()
    now = noon + timedelta(days=10)

    for number in gone:
        refund_of(payments[number], now)

    assert GivenMonth.objects.given().count() == 3 - len(gone)
    follow_each_other(now if 0 in gone else JULY)
