"""Renewals due in the same week are one charge: never late, at most a week early, each once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bench.fees import measure
from monetization.gathering import MOST_EARLY, Due, gather, share_out
from monetization.money import Money

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def due(number: int, days: float, minor: int = 100, currency: str = "eur") -> Due:
    return Due(number, NOON + timedelta(days=days), Money(minor, currency))


def test_what_is_due_within_a_week_is_one_charge() -> None:
    charges = gather([due(3, 7), due(1, 0), due(4, 7.001), due(2, 3)])

    assert [[one.subscription for one in charge.renewals] for charge in charges] == [[1, 2, 3], [4]]
    assert [charge.charge_at for charge in charges] == [NOON, NOON + timedelta(days=7.001)]
    assert charges[0].amount == Money(300, "eur")


def test_currencies_are_charged_apart() -> None:
    charges = gather([due(1, 0), due(2, 0, currency="mad"), due(3, 1), due(4, 6, currency="mad")])

    assert [[one.subscription for one in charge.renewals] for charge in charges] == [[1, 3], [2, 4]]


def test_gathered_ten_cost_a_seventh_of_what_they_cost_one_by_one() -> None:
    alone, three, ten = (measure(count) for count in (1, 3, 10))

    assert (alone["apart_minor"], alone["gathered_minor"]) == (27, 27)
    assert (three["apart_minor"], three["gathered_minor"]) == (81, 30)
    assert (ten["apart_minor"], ten["gathered_minor"]) == (270, 40)


RENEWALS = st.lists(
    st.builds(
        due, st.integers(1, 999), st.floats(0, 60), st.integers(50, 5000), st.sampled_from(["eur", "jpy", "tnd"])
    ),
    max_size=40,
)


@given(RENEWALS)
def test_every_renewal_is_charged_once_in_time(renewals: list[Due]) -> None:
    charges = gather(renewals)

    charged = [one for charge in charges for one in charge.renewals]
    assert sorted(charged, key=repr) == sorted(renewals, key=repr)
    for charge in charges:
        assert {one.price.currency for one in charge.renewals} == {charge.amount.currency}
        assert all(timedelta(0) <= one.due_at - charge.charge_at <= MOST_EARLY for one in charge.renewals)
    for currency in ("eur", "jpy", "tnd"):
        starts = [charge.charge_at for charge in charges if charge.amount.currency == currency]
        # No two charges where one would have done.
        assert all(later - sooner > MOST_EARLY for sooner, later in pairwise(starts))


@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_a_shared_fee_is_the_whole_fee(fee: int, minors: list[int]) -> None:
    prices = [Money(minor, "tnd") for minor in minors]
    shares = share_out(Money(fee, "tnd"), prices)

    assert sum(share.amount_minor for share in shares) == fee
    exact = [fee * minor / sum(minors) for minor in minors]
    assert all(abs(share.amount_minor - one) <= 1 for share, one in zip(shares, exact, strict=True))
