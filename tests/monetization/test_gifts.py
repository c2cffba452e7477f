"""Months for others: who gets one, what is charged, when it begins, and every way in which it ends early."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from accounts import deletion
from accounts.actions import block
from accounts.models import Notification, User
from monetization import actions, gifts, giving
from monetization.contracts import open_month
from monetization.errors import NobodyThere, NotForSale, NotGivable, NotInForce, NotOfferedThere
from monetization.gateway import RefundFacts
from monetization.gifts import DECLINED_WITHIN, Wish
from monetization.models import (
    Availability,
    Card,
    Contract,
    FeeRule,
    Gift,
    GivenMonth,
    LedgerEntry,
    Payment,
    Refund,
    Tier,
)
from monetization.money import Money
from monetization.refunding import settle_refund
from monetization.renewals import renew_due
from monetization.settling import ask
from monetization.subscriptions import grant, is_subscriber, tenures_of
from monetization.sweeping import sweep
from monetization.switching import Hindrance, offers, why_none
from monetization.tiers import open_tier
from realtime.models import OutboxEvent
from tests.monetization.gifting import dispute, give
from tests.monetization.sandbox import DECLINED_LATER, Sandbox
from tests.sockets import attend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

EURO = Money(100, "eur")
JULY, AUGUST, SEPTEMBER = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in (7, 8, 9))
State = GivenMonth.State


@pytest.fixture
def crowd(tier: Tier) -> list[User]:
    """Four people who have the channel's page open."""
    people = [User.objects.create(username=f"guest{n}", email=f"guest{n}@example.com") for n in range(4)]
    attend(f"channel.{tier.channel.name}", *people)
    return people


def only_month() -> GivenMonth:
    return GivenMonth.objects.select_related("gift__payment", "gift__tier__channel", "subscription").get()


def refund(payment: Payment, minor: int, now: datetime) -> None:
    payment.refresh_from_db()
    settle_refund(RefundFacts(f"re_{minor}", "", payment.provider_id, Money(minor, "eur"), "paid"), now)


def test_a_month_for_one_person_is_charged_split_told_and_not_renewed(
    card: Card, tier: Tier, alice: User, dave: User, noon: datetime
) -> None:
    rule = FeeRule.objects.create(kind="subscription", rate_bp=1000, starts_at=noon - timedelta(days=1))

    payment = give(card, tier, noon, dave)

    assert (payment.is_paid, payment.amount) == (True, EURO)
    entry = LedgerEntry.objects.get(key=payment.key)
    assert (entry.kind, entry.rule["fee_rule"]) == ("subscription", rule.pk)
    month = only_month()
    assert (month.subscription.starts_at, month.subscription.ends_at) == (noon, JULY)  # type: ignore[union-attr]
    assert is_subscriber(dave, tier.channel, noon)
    told = Notification.objects.get(user=dave)
    assert (told.kind, told.facts["by"]) == ("gift", card.user.shown_name)
    assert OutboxEvent.objects.get(kind=gifts.GIFTED).payload["users"] == [dave.pk]
    assert not OutboxEvent.objects.filter(kind="monetization.subscribed").exists()

    assert renew_due(JULY + timedelta(days=2)) == 0
    assert not is_subscriber(dave, tier.channel, JULY)
    assert Payment.objects.count() == 1


def test_a_giver_without_a_name_is_told_to_nobody(card: Card, tier: Tier, dave: User, noon: datetime) -> None:
    give(card, tier, noon, dave, is_anonymous=True)

    told = Notification.objects.get(user=dave)
    assert told.kind == "gift_unnamed"
    assert "bob" not in str(told.facts).lower()
    assert "bob" not in str(actions_export(dave)).lower()


def actions_export(user: User) -> object:
    return dict(deletion._exports(user))["gifts"]


def test_as_many_are_charged_as_are_there(card: Card, tier: Tier, crowd: list[User], noon: datetime) -> None:
    payment = give(card, tier, noon, count=10)

    assert payment.amount == Money(400, "eur")
    given = GivenMonth.objects.given().values_list("recipient", flat=True)
    assert set(given) == {person.pk for person in crowd}
    assert OutboxEvent.objects.filter(kind=gifts.GIFTED).count() == 1
    # Who has one isn't drawn again, and so nobody is left.
    with pytest.raises(NobodyThere):
        give(card, tier, noon, count=10)


Act = Callable[[User, User, User, Tier], object]


@pytest.mark.parametrize(
    "happens",
    [
        lambda guest, alice, bob, tier: actions.set_wishes(user=guest, takes_gifts=False, is_ranked=True),
        lambda guest, alice, bob, tier: block(user=alice, other=guest),
        lambda guest, alice, bob, tier: block(user=guest, other=bob),
        lambda guest, alice, bob, tier: block(user=bob, other=guest),
        lambda guest, alice, bob, tier: grant(user=guest, channel=tier.channel, tier=tier, starts_at=tier.opened_at),
        lambda guest, alice, bob, tier: User.objects.filter(pk=guest.pk).update(is_active=False),
    ],
    ids=["opted out", "blocked", "blocks the giver", "blocked by the giver", "subscribes", "is gone"],
)
def test_who_is_never_drawn(
    happens: Act, tier: Tier, crowd: list[User], alice: User, bob: User, noon: datetime
) -> None:
    attend(f"channel.{tier.channel.name}", alice, bob, *crowd)
    happens(crowd[0], alice, bob, tier)

    assert set(giving.drawable(tier, bob, noon)) == {person.pk for person in crowd[1:]}


def test_who_left_between_draw_and_payment_isnt_paid_for(
    card: Card, tier: Tier, crowd: list[User], noon: datetime
) -> None:
    payment = gifts._open(card.user, Wish(tier, None, 4), card, "", noon)
    assert giving.drawable(tier, card.user, noon) == []
    User.objects.filter(pk=crowd[0].pk).update(is_active=False)

    ask(payment, noon)
    sweep(noon + timedelta(minutes=2))

    payment.refresh_from_db()
    assert payment.refunded == EURO
    assert GivenMonth.objects.given().count() == 3
    assert GivenMonth.objects.get(state=State.UNGIVEN).recipient == crowd[0]


def test_a_declined_card_gives_nothing(
    sandbox: Sandbox, bob: User, tier: Tier, crowd: list[User], noon: datetime
) -> None:
    payment = give(sandbox.save_card(bob, DECLINED_LATER), tier, noon, count=2)

    assert payment.state == Payment.State.FAILED
    assert not GivenMonth.objects.given().exists()
    assert len(giving.drawable(tier, bob, noon)) == 4


def test_it_follows_what_is_paid_and_the_next_charge_waits(
    card: Card, tier: Tier, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    own = sandbox.save_card(dave)
    actions.subscribe(user=dave, tier=tier, card=own, country="", now=noon)

    give(card, tier, noon + timedelta(days=3), dave)

    row = only_month().subscription
    assert row is not None
    assert (row.starts_at, row.ends_at) == (JULY, AUGUST)
    assert renew_due(JULY) == 0
    assert renew_due(AUGUST) == 1
    contract = Contract.objects.get()
    assert (contract.months_paid, contract.months_given) == (2, 1)
    assert contract.paid_until == datetime(2026, 9, 1, 12, tzinfo=UTC)
    assert tenures_of([dave.pk], tier.channel, AUGUST)[dave.pk].months == 3


def test_another_tier_runs_beside_and_defers_nothing(
    card: Card, tier: Tier, alice: User, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    """A cheap month is no way to have a dear one for nothing."""
    dear = open_tier(
        channel=tier.channel, by=alice, name="Patrons", about="", perk_codes=[], price=Money(900, "eur"), now=noon
    )
    actions.subscribe(user=dave, tier=dear, card=sandbox.save_card(dave), country="", now=noon)

    give(card, tier, noon, dave)

    assert only_month().subscription.starts_at == noon  # type: ignore[union-attr]
    assert Contract.objects.get().paid_until == JULY


def test_months_follow_each_other_and_count(card: Card, tier: Tier, dave: User, noon: datetime) -> None:
    give(card, tier, noon, dave)
    give(card, tier, noon + timedelta(days=1), dave)

    starts = GivenMonth.objects.order_by("pk").values_list("subscription__starts_at", flat=True)
    assert list(starts) == [noon, JULY]
    assert tenures_of([dave.pk], tier.channel, JULY + timedelta(days=1))[dave.pk].months == 2
    # Whoever subscribes then pays for what comes after.
    contract = Contract.objects.create(user=dave, channel=tier.channel, tier=tier, opened_at=noon)
    from monetization.contracts import _begin

    _begin(contract, noon + timedelta(days=2))
    assert contract.opened_at == AUGUST


@pytest.mark.parametrize(("later", "comes_back"), [(DECLINED_WITHIN, 100), (DECLINED_WITHIN + timedelta(days=1), 0)])
def test_who_declines_early_sends_the_money_back(
    card: Card, tier: Tier, dave: User, noon: datetime, later: timedelta, comes_back: int
) -> None:
    payment = give(card, tier, noon, dave)

    actions.decline_gift(month=only_month(), now=noon + later)
    sweep(noon + later + timedelta(minutes=2))

    payment.refresh_from_db()
    assert payment.refunded_minor == comes_back
    assert not is_subscriber(dave, tier.channel, noon + later)
    with pytest.raises(NotInForce):
        actions.decline_gift(month=only_month(), now=noon + later)
    assert Refund.objects.count() == (1 if comes_back else 0)


def test_what_is_given_back_ends_as_many_months(card: Card, tier: Tier, crowd: list[User], noon: datetime) -> None:
    payment = give(card, tier, noon, count=3)

    refund(payment, 150, noon + timedelta(days=1))
    assert GivenMonth.objects.given().count() == 1
    refund(payment, 149, noon + timedelta(days=1))
    assert GivenMonth.objects.given().count() == 0


def test_a_lost_dispute_ends_them_and_an_open_one_doesnt(
    card: Card, tier: Tier, crowd: list[User], noon: datetime
) -> None:
    payment = give(card, tier, noon, count=2)

    dispute(payment, "open", noon + timedelta(days=1))
    assert GivenMonth.objects.given().count() == 2
    dispute(payment, "lost", noon + timedelta(days=2))

    assert GivenMonth.objects.given().count() == 0
    assert not any(is_subscriber(one, tier.channel, noon + timedelta(days=2)) for one in crowd)


def test_a_refund_that_never_arrives_gives_the_months_again(
    card: Card, tier: Tier, crowd: list[User], noon: datetime
) -> None:
    payment = give(card, tier, noon, count=2)
    refund(payment, 200, noon)

    settle_refund(RefundFacts("re_200", "", payment.provider_id, Money(200, "eur"), "failed"), noon)

    assert GivenMonth.objects.given().count() == 2


def test_a_month_taken_back_before_it_began_is_charged_after_all(
    card: Card, tier: Tier, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    actions.subscribe(user=dave, tier=tier, card=sandbox.save_card(dave), country="", now=noon)
    payment = give(card, tier, noon, dave)

    refund(payment, 100, noon)

    assert Contract.objects.get().paid_until == JULY
    assert renew_due(JULY) == 1


def test_a_month_taken_back_once_it_has_begun_is_due_then(
    card: Card, tier: Tier, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    actions.subscribe(user=dave, tier=tier, card=sandbox.save_card(dave), country="", now=noon)
    payment = give(card, tier, noon, dave)
    later = JULY + timedelta(days=1)
    assert renew_due(later) == 0

    refund(payment, 100, later)

    assert renew_due(later) == 1
    contract = Contract.objects.get()
    assert (contract.months_paid, contract.months_given, contract.paid_until) == (2, 0, AUGUST)


def test_a_month_given_to_one_that_was_overdue_and_taken_back_is_due_anew(
    card: Card, tier: Tier, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    actions.subscribe(user=dave, tier=tier, card=sandbox.save_card(dave), country="", now=noon)
    sandbox.save_card(dave, DECLINED_LATER)
    renew_due(JULY)
    payment = give(card, tier, JULY + timedelta(hours=1), dave)
    assert Contract.objects.get().state == Contract.State.RUNNING
    later = JULY + timedelta(days=10)

    refund(payment, 100, later)

    # Its tries are spread over the days from here.
    assert [renew_due(later), renew_due(later)] == [1, 0]
    contract = Contract.objects.get()
    assert (contract.state, contract.months_given, contract.tries) == (Contract.State.OVERDUE, 0, 1)
    assert contract.next_try_at == later + timedelta(days=1)


def test_whose_own_months_are_disputed_has_the_month_now(
    card: Card, tier: Tier, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    own = actions.subscribe(user=dave, tier=tier, card=sandbox.save_card(dave), country="", now=noon)
    dispute(own, "open", noon + timedelta(days=5))
    later = datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert not is_subscriber(dave, tier.channel, later)

    give(card, tier, later, dave)

    assert is_subscriber(dave, tier.channel, later)
    assert only_month().subscription.starts_at == later  # type: ignore[union-attr]
    assert Contract.objects.get().months_given == 0


def test_a_charge_that_fails_once_its_month_is_given_makes_nobody_overdue(
    card: Card, tier: Tier, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    actions.subscribe(user=dave, tier=tier, card=sandbox.save_card(dave), country="", now=noon)
    bad = sandbox.save_card(dave, DECLINED_LATER)
    payment = open_month(Contract.objects.get(), bad, JULY, is_off_session=True)
    give(card, tier, JULY, dave)

    assert ask(payment, JULY).state == Payment.State.FAILED

    contract = Contract.objects.get()
    assert (contract.state, contract.tries, contract.next_try_at) == (Contract.State.RUNNING, 0, AUGUST)


def test_a_month_of_the_tier_that_is_left_follows_what_is_paid_of_it(
    card: Card, tier: Tier, alice: User, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    dear = open_tier(
        channel=tier.channel, by=alice, name="Patrons", about="", perk_codes=[], price=Money(900, "eur"), now=noon
    )
    actions.subscribe(user=dave, tier=dear, card=sandbox.save_card(dave), country="", now=noon)
    actions.switch(contract=Contract.objects.get(), tier=tier, card=None, now=noon)

    give(card, dear, noon, dave)

    row = only_month().subscription
    assert row is not None
    assert (row.starts_at, row.ends_at) == (JULY, AUGUST)
    assert Contract.objects.get().paid_until == JULY


def test_the_tier_cant_be_changed_before_ones_own_months_begin(
    card: Card, tier: Tier, alice: User, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    """A difference for one month would be the dearer tier for all that are given."""
    dear = open_tier(
        channel=tier.channel, by=alice, name="Patrons", about="", perk_codes=[], price=Money(900, "eur"), now=noon
    )
    give(card, tier, noon, dave)
    own = sandbox.save_card(dave)
    actions.subscribe(user=dave, tier=tier, card=own, country="", now=noon)
    contract = Contract.objects.get()
    assert contract.opened_at == JULY

    assert (offers(contract, noon), why_none(contract, noon)) == ([], Hindrance.NOT_BEGUN)
    with pytest.raises(NotInForce):
        actions.switch(contract=contract, tier=dear, card=own, now=noon)
    assert [offer.tier for offer in offers(contract, JULY)] == [dear]
    client = Client()
    client.force_login(dave)
    Contract.objects.update(opened_at=timezone.now() + timedelta(days=1))
    Contract.objects.update(paid_until=timezone.now() + timedelta(days=31))
    assert "own months" in client.get(f"/settings/subscriptions/{contract.pk}/tier").content.decode()


def test_what_isnt_for_sale_isnt_given(
    card: Card, tier: Tier, alice: User, dave: User, sandbox: Sandbox, noon: datetime
) -> None:
    for person in (alice, card.user):
        with pytest.raises(NotGivable):
            give(card, tier, noon, person)
    for count in (0, 101):
        with pytest.raises(NotForSale):
            give(card, tier, noon, count=count)
    with (
        override_settings(ENV=settings.ENV.model_copy(update={"gifts_at_once": 5})),
        pytest.raises(NotForSale),
    ):
        give(card, tier, noon, count=6)
    with pytest.raises(NotForSale):
        give(sandbox.save_card(alice), tier, noon, dave)
    grant(user=dave, channel=tier.channel, starts_at=noon)
    with pytest.raises(NotGivable):
        give(card, tier, noon, dave)
    Availability.objects.create(feature="subscription", is_allow_list=True, countries=["FR"])
    with pytest.raises(NotOfferedThere):
        give(card, tier, noon, count=1)
    assert not Gift.objects.exists()


def test_who_leaves_has_nothing_any_more(card: Card, tier: Tier, dave: User, erin: User, noon: datetime) -> None:
    give(card, tier, noon, dave)

    deletion.forget(user=dave, by=erin, now=noon + timedelta(days=1))

    assert only_month().state == State.DECLINED
