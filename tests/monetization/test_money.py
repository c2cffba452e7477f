from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from monetization.currencies import CURRENCIES
from monetization.errors import CurrenciesDiffer, NotAnAmount, UnknownCurrency
from monetization.money import Money


@pytest.mark.parametrize(
    ("money", "language", "text"),
    [
        (Money(100, "eur"), "en", "€1.00"),
        (Money(100, "eur"), "fr", "1,00\xa0€"),
        (Money(500, "jpy"), "en", "¥500"),
        (Money(1250, "tnd"), "en", "TND1.250"),
        (Money(-99, "usd"), "en", "-$0.99"),
    ],
)
def test_amounts_are_shown_in_the_readers_language(money: Money, language: str, text: str) -> None:
    with translation.override(language):
        assert str(money).replace("\u202f", "\xa0") == text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("4.99", "eur", 499), ("4,9", "eur", 490), ("500", "jpy", 500), ("1.25", "tnd", 1250)],
)
def test_amounts_are_read_as_people_write_them(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("4.999", "eur"), ("1.5", "jpy"), ("", "eur"), ("five", "eur"), ("nan", "eur"), ("1e30", "eur")],
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(NotAnAmount):
        Money.parse(text, currency)


def test_currencies_are_ours_and_dont_mix() -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, "EUR")
    with pytest.raises(CurrenciesDiffer):
        Money(1, "eur") + Money(1, "usd")


@given(st.integers(0, 10**12), st.integers(0, 10_000), st.sampled_from(sorted(CURRENCIES)))
def test_a_share_and_the_rest_are_the_whole(minor: int, basis_points: int, currency: str) -> None:
    whole = Money(minor, currency)
    share = whole.share(basis_points)

    assert share + (whole - share) == whole
    assert 0 <= share.amount_minor <= minor
    assert whole.decimal * Decimal(10) ** whole.about.exponent == minor
