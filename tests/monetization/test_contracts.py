"""Subscriptions for money: the first month, all the others under a moving clock, and every way in which they end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.models import Channel, User
from monetization import actions
from monetization.contracts import month_after
from monetization.errors import AlreadySubscribed, NoCard, NotForSale, NotInForce
from monetization.ledger import balance_of, payable
from monetization.models import Card, Contract, LedgerEntry, Payment, Tier
from monetization.money import Money
from monetization.renewals import open_due, renew_due
from monetization.subscriptions import is_subscriber, tell_lapses
from monetization.sweeping import sweep
from realtime.models import OutboxEvent
from tests.monetization.sandbox import ASKS, DECLINED_LATER, GOOD, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

EURO = Money(100, "eur")


def subscribe(card: Card, tier: Tier, now: datetime) -> Payment:
    return actions.subscribe(user=card.user, tier=tier, card=card, country="", now=now)


def is_in(card: Card, tier: Tier, at: datetime) -> bool:
    return is_subscriber(card.user, tier.channel, at)


def only() -> Contract:
    return Contract.objects.select_related("user", "channel", "tier").get()


def test_one_euro_a_month_from_the_first_charge(card: Card, tier: Tier, alice: User, noon: datetime) -> None:
    payment = subscribe(card, tier, noon)

    assert payment.is_paid
    assert is_in(card, tier, noon)
    assert only().paid_until == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert LedgerEntry.objects.get().kind == "subscription"
    with pytest.raises(AlreadySubscribed):
        subscribe(card, tier, noon)


def test_a_year_of_months_is_twelve_charges(card: Card, tier: Tier, alice: User, noon: datetime) -> None:
    subscribe(card, tier, noon)
    for day in range(1, 365):
        renew_due(noon + timedelta(days=day))

    assert Payment.objects.filter(state="paid").count() == 12
    assert only().months_paid == 12
    assert LedgerEntry.objects.filter(kind="subscription").count() == 12
    # 27 cents of each euro are the card's, and no rule gives the platform a part.
    assert balance_of(payable(alice), "eur") == Money(12 * 73, "eur")
    assert not OutboxEvent.objects.filter(kind="monetization.lapsed").exists()


def test_a_sweep_that_comes_twice_or_late_charges_once(card: Card, tier: Tier, noon: datetime) -> None:
    subscribe(card, tier, noon)
    late = noon + timedelta(days=33)

    assert renew_due(late) == 1
    assert renew_due(late) == 0
    # The month is counted from when it was due.
    assert only().paid_until == datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("months", "day"),
    [
        (1, datetime(2027, 2, 28, tzinfo=UTC)),
        (2, datetime(2027, 3, 31, tzinfo=UTC)),
        (13, datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_day_that_some_months_lack_comes_back(months: int, day: datetime) -> None:
    assert month_after(datetime(2027, 1, 31, tzinfo=UTC), months) == day


def test_a_declined_month_is_tried_four_times_more_and_then_it_ends(
    sandbox: Sandbox,
    card: Card,
    tier: Tier,
    noon: datetime,
    django_capture_on_commit_callbacks: Any,
) -> None:
    subscribe(card, tier, noon)
    due = datetime(2026, 7, 1, 12, tzinfo=UTC)
    sandbox.save_card(card.user, DECLINED_LATER)
    tried = []
    for hour in range(0, 24 * 9):
        now = due + timedelta(hours=hour)
        with django_capture_on_commit_callbacks(execute=True):
            if renew_due(now):
                tried.append((now - due).days)
        if hour == 24 * 7 - 1:
            assert is_in(card, tier, now)

    assert tried == [0, 1, 3, 5, 7]
    assert only().state == Contract.State.ENDED
    assert not is_in(card, tier, due + timedelta(days=8))
    subjects = [letter.subject for letter in mail.outbox if "@alice" in letter.subject]
    assert ["declined" in subject for subject in subjects[-5:]] == [True] * 4 + [False]
    assert Payment.objects.filter(state="paid").count() == 1


def test_another_card_pays_what_is_overdue(sandbox: Sandbox, card: Card, tier: Tier, noon: datetime) -> None:
    subscribe(card, tier, noon)
    due = datetime(2026, 7, 1, 12, tzinfo=UTC)
    sandbox.save_card(card.user, DECLINED_LATER)
    renew_due(due)
    assert only().state == Contract.State.OVERDUE
    sandbox.save_card(card.user, GOOD)

    payment = actions.pay_now(contract=only(), now=due + timedelta(hours=2))

    assert payment.is_paid
    assert (only().state, only().tries) == (Contract.State.RUNNING, 0)
    assert only().paid_until == datetime(2026, 8, 1, 12, tzinfo=UTC)
    with pytest.raises(NotInForce):
        actions.pay_now(contract=only(), now=due)


def test_a_card_that_asks_is_asked_with_its_holder_there(
    sandbox: Sandbox, bob: User, tier: Tier, noon: datetime
) -> None:
    from monetization.paying import secret_of

    asks = sandbox.save_card(bob, ASKS)
    payment = subscribe(asks, tier, noon)
    assert payment.state == Payment.State.ACTION
    assert not is_in(asks, tier, noon)
    sandbox.bank_says(payment.provider_id, secret_of(payment), yes=True)
    actions.look_again(payment, noon)
    assert is_in(asks, tier, noon)

    due = datetime(2026, 7, 1, 12, tzinfo=UTC)
    renew_due(due)

    assert only().state == Contract.State.OVERDUE
    again = actions.pay_now(contract=only(), now=due)
    assert again.state == Payment.State.ACTION
    assert renew_due(due + timedelta(days=1)) == 0


def test_a_first_month_that_is_declined_begins_nothing(sandbox: Sandbox, bob: User, tier: Tier, noon: datetime) -> None:
    card = sandbox.save_card(bob, DECLINED_LATER)

    assert subscribe(card, tier, noon).state == Payment.State.FAILED

    assert only().state == Contract.State.ENDED
    assert not is_in(card, tier, noon)
    good = sandbox.save_card(bob)
    assert subscribe(good, tier, noon).is_paid


def test_cancelled_it_runs_out_with_what_is_paid_and_may_go_on_before(card: Card, tier: Tier, noon: datetime) -> None:
    subscribe(card, tier, noon)
    until = only().paid_until
    assert until is not None

    actions.cancel(contract=only(), now=noon)
    assert is_in(card, tier, until - timedelta(seconds=1))
    assert not is_in(card, tier, until)
    actions.resume(contract=only(), now=noon)
    assert is_in(card, tier, until)
    actions.cancel(contract=only(), now=noon)
    renew_due(until)
    tell_lapses(until)

    assert only().state == Contract.State.ENDED
    assert Payment.objects.count() == 1
    assert OutboxEvent.objects.filter(kind="monetization.lapsed").count() == 1
    with pytest.raises(NotInForce):
        actions.resume(contract=only(), now=until)


def test_without_a_card_a_month_is_overdue(card: Card, tier: Tier, noon: datetime) -> None:
    subscribe(card, tier, noon)
    actions.remove(card)

    renew_due(datetime(2026, 7, 1, 12, tzinfo=UTC))

    assert only().state == Contract.State.OVERDUE
    with pytest.raises(NoCard):
        actions.pay_now(contract=only(), now=noon)


def test_who_may_not_subscribe(
    card: Card, tier: Tier, alice: User, sandbox: Sandbox, dave: User, noon: datetime
) -> None:
    from monetization.tiers import close_tier

    with pytest.raises(NotForSale):
        subscribe(sandbox.save_card(alice), tier, noon)
    with pytest.raises(NotForSale):
        actions.subscribe(user=dave, tier=tier, card=card, country="", now=noon)
    closed = close_tier(tier=tier, by=alice, now=noon)
    with pytest.raises(NotForSale):
        subscribe(card, closed, noon)

    assert not Payment.objects.exists()


def test_a_channel_that_is_gone_charges_nobody(card: Card, tier: Tier, noon: datetime) -> None:
    subscribe(card, tier, noon)
    Channel.objects.update(is_suspended=True)

    renew_due(datetime(2026, 7, 1, 12, tzinfo=UTC))

    assert only().state == Contract.State.ENDED
    assert Payment.objects.count() == 1


def test_a_lost_answer_of_a_renewal_is_one_charge(card: Card, tier: Tier, noon: datetime) -> None:
    from monetization.settling import _charge_again

    subscribe(card, tier, noon)
    due = datetime(2026, 7, 1, 12, tzinfo=UTC)
    (payment,) = open_due(only().pk, due)
    _charge_again(payment, due)
    assert renew_due(due + timedelta(minutes=1)) == 0

    sweep(due + timedelta(minutes=2))

    assert only().months_paid == 2
    assert Payment.objects.filter(state="paid").count() == 2
