"""What the earnings page says is what the ledger says, to the last minor unit."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.errors import AccountsError
from accounts.models import Channel, User
from monetization.creators import earned, taken_back
from monetization.earnings import Figures, balances_of, earned_by_month, entries_of
from monetization.leaving import earnings_facts, settle_up
from monetization.ledger import FEES, GATEWAY, INCOME, TAX, Lines, balance_of, held, payable, post, reverse
from monetization.models import FeeRule, LedgerEntry, TaxRate
from monetization.money import Money
from monetization.splits import split_of
from monetization.spreadsheets import Cell, to_csv

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "eur")


def pay(channel: Channel, kind: str, amount: Money, at: datetime, **facts: Any) -> LedgerEntry:
    """A payment for a channel, split and posted as charges are."""
    fee: Money = facts.get("fee", Money(0, amount.currency))
    split = split_of(kind=kind, channel=channel, amount=amount, card_fee=fee, at=at)
    assert channel.owner is not None
    owed: Lines = earned(channel.owner, split.creator)
    if event := facts.get("event"):
        owed = [(held(channel.owner, event), split.creator)]
    key = f"{kind}-{LedgerEntry.objects.count()}"
    about: dict[str, Any] = {"rule": split.rule, "source": f"payment:{key}", "creator": channel.owner}
    return post(key=key, kind=kind, lines=split.lines(owed), now=at, **about)


@pytest.fixture
def fees(noon: datetime) -> None:
    for kind in ("tip", "subscription", "ticket"):
        FeeRule.objects.create(kind=kind, rate_bp=1000, starts_at=noon - timedelta(days=99))


@pytest.mark.django_db
def test_by_month_and_kind(alice: User, alice_channel: Channel, fees: None, noon: datetime) -> None:
    pay(alice_channel, "tip", eur(500), noon, fee=eur(33))
    pay(alice_channel, "tip", eur(100), noon + timedelta(days=1), fee=eur(27))
    pay(alice_channel, "subscription", eur(100), noon + timedelta(days=40))
    pay(alice_channel, "tip", Money(5000, "tnd"), noon)

    assert [(one.month, one.kind, one.currency, one.figures) for one in earned_by_month(alice)] == [
        (date(2026, 6, 1), "tip", "eur", Figures(gross=600, card_fees=60, platform=60, net=480)),
        (date(2026, 6, 1), "tip", "tnd", Figures(gross=5000, platform=500, net=4500)),
        (date(2026, 7, 1), "subscription", "eur", Figures(gross=100, platform=10, net=90)),
    ]


@pytest.mark.django_db
def test_months_are_those_of_utc(alice: User, alice_channel: Channel) -> None:
    pay(alice_channel, "tip", eur(100), datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC))
    pay(alice_channel, "tip", eur(100), datetime(2026, 7, 1, tzinfo=UTC))

    assert [one.month.month for one in earned_by_month(alice)] == [6, 7]


@pytest.mark.django_db
def test_what_goes_back_is_taken_off_where_it_was_earned(
    alice: User, alice_channel: Channel, fees: None, noon: datetime
) -> None:
    TaxRate.objects.create(country="FR", rate_bp=2000, starts_at=noon)
    entry = pay(alice_channel, "tip", eur(500), noon, fee=eur(33))
    pay(alice_channel, "tip", eur(500), noon, fee=eur(33))
    reverse(entry=entry, key="back", now=noon)
    # Half of the other one, of which the card's fee isn't given back: the platform bears it.
    lines = [(GATEWAY, eur(250)), (INCOME, eur(-42)), *taken_back(alice, eur(208))]
    post(key="half", kind="refund-tip", lines=lines, now=noon)

    (one,) = earned_by_month(alice)
    assert one.kind == "tip"
    assert one.figures == Figures(gross=1000, refunds=750, card_fees=33, platform=8, net=209)
    assert one.figures.net == balance_of(payable(alice), "eur").amount_minor


@pytest.mark.django_db
def test_what_is_held_is_earned_but_not_available(alice: User, alice_channel: Channel, noon: datetime) -> None:
    pay(alice_channel, "ticket", eur(1000), noon, event="event:1")
    pay(alice_channel, "tip", eur(200), noon)

    balance = balances_of(alice)["eur"]
    assert (balance.available, balance.held, balance.in_transit, balance.owing) == (eur(200), eur(1000), eur(0), eur(0))

    release = [(held(alice, "event:1"), eur(-1000)), *earned(alice, eur(1000))]
    post(key="release", kind="release", lines=release, now=noon + timedelta(days=40))
    assert balances_of(alice)["eur"].available == eur(1200)
    assert sum(one.figures.net for one in earned_by_month(alice)) == 1200


@pytest.mark.django_db
def test_other_peoples_money_isnt_ones_own(alice: User, bob: User, alice_channel: Channel, noon: datetime) -> None:
    pay(alice_channel, "tip", eur(200), noon)

    assert earned_by_month(bob) == [] == list(entries_of(bob, 2026))
    assert balances_of(bob) == {}


@pytest.mark.django_db
def test_a_table_has_every_entry_and_no_formula(alice: User, alice_channel: Channel, noon: datetime) -> None:
    pay(alice_channel, "tip", eur(500), noon, fee=eur(33))
    post(key="x", kind="refund-tip", source="=1+1", lines=[(GATEWAY, eur(9)), *taken_back(alice, eur(9))], now=noon)

    rows: list[list[Cell]]
    rows = [[one.kind, one.source, *one.figures.shown("eur").values()] for one in entries_of(alice, 2026)]
    assert to_csv(["kind", "source"], rows).removeprefix("\ufeff").splitlines() == [
        "kind,source",
        "tip,payment:tip-0,5.00,0.00,0.33,0.00,0.00,4.67",
        "refund-tip,'=1+1,0.00,0.09,0.00,0.00,0.00,-0.09",
    ]
    assert list(entries_of(alice, 2025)) == []


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\tx", "\rx"])
def test_no_text_becomes_a_formula(text: str) -> None:
    assert "'" + text[0] in to_csv([], [[text]])


@pytest.mark.django_db
def test_nobody_leaves_money_behind(alice: User, alice_channel: Channel, noon: datetime) -> None:
    pay(alice_channel, "tip", eur(500), noon)

    with pytest.raises(AccountsError, match=r"€5\.00"):
        settle_up(user=alice, now=noon)
    assert earnings_facts(alice)["payouts"] == []


PAYMENTS = st.lists(
    st.tuples(st.sampled_from(["tip", "ticket", "back", "adjust"]), st.integers(50, 10_000), st.integers(0, 40)),
    max_size=12,
)


class WhateverHappens(TestCase):
    @settings(max_examples=20, deadline=None)
    @given(payments=PAYMENTS, currency=st.sampled_from(["jpy", "eur", "tnd"]), rate=st.integers(0, 9999))
    def test_net_is_what_is_owed_and_all_parts_sum_up(
        self, payments: list[tuple[str, int, int]], currency: str, rate: int
    ) -> None:
        creator = User.objects.create(username="nina")
        channel = Channel.objects.create(name="nina", owner=creator)
        FeeRule.objects.create(kind="tip", rate_bp=rate, starts_at=NOON)
        for number, (step, minor, fee) in enumerate(payments):
            amount = Money(minor, currency)
            if step in ("tip", "ticket"):
                pay(channel, step, amount, NOON, fee=Money(fee, currency), event="event:1" if step == "ticket" else "")
                continue
            moved = taken_back(creator, amount)
            other, kind = (GATEWAY, "refund-tip") if step == "back" else (INCOME, "adjustment")
            post(key=f"{number}", kind=kind, lines=[*moved, (other, amount)], now=NOON)
        connection.check_constraints()
        total = sum((one.figures for one in earned_by_month(creator)), Figures())
        assert total.gross - total.refunds - total.card_fees - total.platform - total.tax == total.net
        balance = balances_of(creator).get(currency)
        owed = balance.available + balance.held - balance.owing if balance else Money(0, currency)
        assert owed.amount_minor == total.net
        # Nothing is told that isn't on the platform's own accounts.
        of_house = {account: balance_of(account, currency).amount_minor for account in (FEES, INCOME, TAX)}
        adjusted = sum(minor for step, minor, _fee in payments if step == "adjust")
        assert (-total.card_fees, total.tax) == (of_house[FEES], of_house[TAX])
        assert total.platform == of_house[INCOME] + of_house[FEES] - adjusted
        by_entry = sum((one.figures for one in entries_of(creator, 2026)), Figures())
        assert by_entry == total
