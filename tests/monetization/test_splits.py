"""A payment is split to the last minor unit, by the rule that holds at the moment of the charge."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import Channel, User
from monetization.creators import earned
from monetization.errors import NotAnAmount
from monetization.ledger import FEES, GATEWAY, INCOME, TAX, balance_of, payable, post
from monetization.models import FeeRule, TaxRate
from monetization.money import Money
from monetization.splits import Split, _creators_part, split_of, tax_within
from monetization.whereabouts import move

_NAMED = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MA MT NL PL TN"
HOLIDAY = _NAMED.split()
SECOND = timedelta(seconds=1)
# Splits 5.00 EUR of which the card takes 0.33, unless told otherwise.
Tip = Callable[..., Split]


def eur(minor: int) -> Money:
    return Money(minor, "eur")


@pytest.fixture
def ten_percent(noon: datetime) -> FeeRule:
    return FeeRule.objects.create(kind="tip", rate_bp=1000, starts_at=noon)


def parts(split: Split) -> tuple[int, ...]:
    every = (split.creator, split.platform, split.card_fee, split.tax)
    return tuple(part.amount_minor for part in every)


@pytest.fixture
def tip(alice_channel: Channel, noon: datetime) -> Tip:
    def split(minor: int = 500, fee: int = 33, **facts: Any) -> Split:
        given: dict[str, Any] = {"kind": "tip", "channel": alice_channel, "at": noon} | facts
        return split_of(amount=eur(minor), card_fee=eur(fee), **given)

    return split


@pytest.mark.django_db
def test_without_a_rule_all_but_the_cards_fee_is_the_creators(tip: Tip) -> None:
    split = tip()

    assert parts(split) == (467, 0, 33, 0)
    assert (split.fee_rule, split.tax_rate) == (None, None)


@pytest.mark.django_db
def test_the_platforms_part_and_the_cards_fee(tip: Tip, ten_percent: FeeRule) -> None:
    assert parts(tip()) == (417, 50, 33, 0)
    assert tip().rule["fee_rule"] == ten_percent.pk
    # A third of a cent is the platform's.
    assert parts(tip(minor=99, fee=0)) == (89, 10, 0, 0)


@pytest.mark.django_db
def test_a_platform_may_bear_the_cards_fee(tip: Tip, ten_percent: FeeRule) -> None:
    FeeRule.objects.update(bears_card_fee=True)

    assert parts(tip()) == (450, 17, 33, 0)
    # As far as its part reaches.
    assert parts(tip(minor=100, fee=25)) == (75, 0, 25, 0)


@pytest.mark.django_db
def test_a_fixed_part_is_of_payments_in_its_currency(tip: Tip, alice_channel: Channel, noon: datetime) -> None:
    FeeRule.objects.create(kind="tip", rate_bp=500, fixed_minor=20, currency="eur", starts_at=noon)

    assert parts(tip(minor=1000, fee=0)) == (930, 70, 0, 0)
    dollars = split_of(kind="tip", channel=alice_channel, amount=Money(1000, "usd"), card_fee=None, at=noon)
    assert dollars.fee_rule is None


@pytest.mark.django_db
def test_what_is_too_small_to_share_leaves_nobody_owing(tip: Tip, ten_percent: FeeRule) -> None:
    assert parts(tip(minor=30, fee=35)) == (0, -5, 35, 0)


@pytest.mark.django_db
def test_prices_include_the_payers_tax(tip: Tip, alice: User, noon: datetime) -> None:
    for country, rate in (("FR", 2000), ("DE", 1900)):
        TaxRate.objects.create(country=country, rate_bp=rate, starts_at=noon)
    move(creator=alice, country="DE", by=alice, now=noon)

    assert parts(tip(minor=120, fee=0, payer_country="FR")) == (100, 0, 0, 20)
    # Where the payer's country isn't known, the creator's.
    assert parts(tip(minor=119, fee=0)) == (100, 0, 0, 19)
    assert parts(tip(minor=119, fee=0, payer_country="CH")) == (119, 0, 0, 0)


@pytest.mark.django_db
def test_a_tax_of_the_kind_goes_before_one_of_all(tip: Tip, noon: datetime) -> None:
    TaxRate.objects.create(country="FR", kind="tip", rate_bp=500, starts_at=noon)
    TaxRate.objects.create(country="FR", rate_bp=2000, starts_at=noon)

    assert tip(minor=105, fee=0, payer_country="FR").tax == eur(5)
    assert tip(minor=105, fee=0, payer_country="FR", at=noon - SECOND).tax == eur(0)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["subscription", "ticket"])
def test_a_fee_holiday_in_24_countries_is_one_row_to_the_second(
    kind: str, alice: User, alice_channel: Channel, noon: datetime
) -> None:
    FeeRule.objects.create(kind=kind, rate_bp=1500, starts_at=noon - timedelta(days=900))
    end = noon + timedelta(days=30)
    holiday = FeeRule.objects.create(kind=kind, countries=HOLIDAY, rate_bp=0, starts_at=noon, ends_at=end)
    move(creator=alice, country="MA", by=alice, now=noon - timedelta(days=800))

    def fee(at: datetime) -> int:
        return split_of(kind=kind, channel=alice_channel, amount=eur(1000), card_fee=None, at=at).platform.amount_minor

    assert len(HOLIDAY) == 24
    assert [fee(at) for at in (noon - SECOND, noon, end - SECOND)] == [150, 0, 0]
    assert [fee(at) for at in (end, end + SECOND)] == [150, 150]
    assert fee(end - timedelta(microseconds=1)) == 0
    other = "ticket" if kind == "subscription" else "subscription"
    assert split_of(kind=other, channel=alice_channel, amount=eur(1000), card_fee=None, at=noon).fee_rule is None

    # By where the creator lived when it was charged.
    move(creator=alice, country="US", by=alice, now=noon + timedelta(days=10))
    assert fee(noon + timedelta(days=10) - SECOND) == 0
    assert fee(noon + timedelta(days=10)) == 150
    assert holiday.ends_at == end


@pytest.mark.django_db
def test_the_most_specific_rule_holds(tip: Tip, alice: User, alice_channel: Channel, noon: datetime) -> None:
    others = Channel.objects.create(name="others", owner=alice)
    move(creator=alice, country="TN", by=alice, now=noon)

    def holds(**facts: Any) -> None:
        """Each says more than those before, or came later; and it holds."""
        given: dict[str, Any] = {"kind": "tip", "rate_bp": 1, "starts_at": noon - timedelta(days=9)} | facts
        rule = FeeRule.objects.create(**given)
        assert tip().fee_rule == rule

    holds()
    holds()
    holds(starts_at=noon - timedelta(days=8))
    holds(ends_at=noon + SECOND)
    holds(currency="eur")
    holds(countries=["TN"])
    holds(countries=["FR", "TN"])
    holds(channel=alice_channel)
    now = tip().fee_rule
    apart: list[dict[str, Any]]
    apart = [{"channel": others}, {"countries": ["FR"], "ends_at": noon + SECOND}, {"kind": "ticket"}]
    for facts in apart:
        FeeRule.objects.create(**({"kind": "tip", "rate_bp": 1, "starts_at": noon} | facts))
    FeeRule.objects.create(kind="tip", rate_bp=1, channel=alice_channel, starts_at=noon + SECOND)
    assert tip().fee_rule == now


@pytest.mark.django_db
def test_its_lines_balance_in_the_ledger(tip: Tip, alice: User, ten_percent: FeeRule, noon: datetime) -> None:
    TaxRate.objects.create(country="FR", rate_bp=2000, starts_at=noon)
    split = tip(minor=600, payer_country="FR")

    entry = post(key="t", kind="tip", lines=split.lines(earned(alice, split.creator)), now=noon, rule=split.rule)
    connection.check_constraints()

    balances = [balance_of(account, "eur").amount_minor for account in (GATEWAY, FEES, INCOME, TAX, payable(alice))]
    assert balances == [-567, -33, 83, 100, 417]
    assert entry.rule["tax_bp"] == 2000


@pytest.mark.django_db
def test_nothing_below_zero_is_split(tip: Tip) -> None:
    with pytest.raises(NotAnAmount):
        tip(minor=-1)


@given(
    minor=st.integers(0, 10**12),
    fee=st.integers(0, 10**6),
    currency=st.sampled_from(["jpy", "eur", "tnd"]),
    rate_bp=st.integers(0, 10_000),
    fixed=st.integers(0, 10**6),
    tax_bp=st.integers(0, 10_000),
    bears=st.booleans(),
)
@example(minor=1, fee=1, currency="eur", rate_bp=10_000, fixed=1, tax_bp=1, bears=True)
def test_no_split_loses_a_minor_unit_or_leaves_a_creator_owing(
    minor: int, fee: int, currency: str, rate_bp: int, fixed: int, tax_bp: int, bears: bool
) -> None:
    amount, card_fee = Money(minor, currency), Money(fee, currency)
    rule = FeeRule(rate_bp=rate_bp, fixed_minor=fixed, bears_card_fee=bears)
    tax = tax_within(amount, tax_bp)
    creator = _creators_part(amount - tax, card_fee, rule)
    split = Split(creator, amount - tax - card_fee - creator, card_fee, tax, None, None, 1, "")

    assert split.amount == amount
    assert 0 <= tax.amount_minor <= minor
    assert 0 <= creator.amount_minor <= minor
    # Of what a tax of this rate would be on the rest, it is the nearest.
    assert abs(tax.amount_minor * 10_000 - (minor - tax.amount_minor) * tax_bp) <= 10_000 + tax_bp
    if minor - tax.amount_minor >= fee:
        assert split.platform.amount_minor >= 0
    # The platform never gets more than its part, rounded up.
    most = -(-(minor - tax.amount_minor) * rate_bp // 10_000) + fixed
    assert split.platform.amount_minor <= most
