"""The currencies that Estrade takes, as the payment gateway counts them.

Exponents are the gateway's and not ISO 4217's or a locale library's, which differ for some. A minimum is what the
gateway charges at least, about half a dollar.
"""

from dataclasses import dataclass

from monetization.errors import UnknownCurrency

# The gateway takes eight digits.
MOST_MINOR = 99_999_999


@dataclass(frozen=True, slots=True)
class Currency:
    """`exponent` digits follow the point; amounts are whole multiples of `step_minor`."""

    code: str
    exponent: int
    minimum_minor: int
    step_minor: int = 1

    @property
    def unit_minor(self) -> int:
        """Minor units in one of the currency: 100 cents in a euro."""
        return int(10**self.exponent)


CURRENCIES: dict[str, Currency] = {
    one.code: one
    for one in (
        Currency("eur", 2, 50),
        Currency("usd", 2, 50),
        Currency("gbp", 2, 30),
        Currency("cad", 2, 50),
        Currency("chf", 2, 50),
        Currency("mad", 2, 500),
        Currency("tnd", 3, 2000, step_minor=10),
        Currency("jpy", 0, 50),
        Currency("zar", 2, 1000),
        Currency("egp", 2, 3000),
        Currency("brl", 2, 300),
        Currency("inr", 2, 5000),
    )
}


def currency_of(code: str) -> Currency:
    """Raises UnknownCurrency for a code that isn't ours; codes are lower case."""
    try:
        return CURRENCIES[code]
    except KeyError:
        raise UnknownCurrency(currency=code) from None
