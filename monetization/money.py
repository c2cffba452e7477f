"""Amounts: whole minor units of a currency. Decimals are for people's eyes and fingers alone."""

from copy import copy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel import Locale
from django.utils.translation import get_language, to_locale

from monetization.currencies import Currency, currency_of
from monetization.errors import CurrenciesDiffer, NotAnAmount

# No amount comes near the end of a BigIntegerField.
_MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Money:
    """Raises UnknownCurrency when made of a currency that isn't ours."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        currency_of(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """An amount as people write it, with a point or a comma. Raises NotAnAmount for more digits than there are."""
        about = currency_of(currency)
        try:
            amount = Decimal(text.strip().replace(",", ".")).scaleb(about.exponent)
        except InvalidOperation:
            raise NotAnAmount from None
        if not amount.is_finite() or amount != int(amount) or abs(amount) >= 10**_MOST_DIGITS:
            raise NotAnAmount
        return cls(int(amount), currency)

    @property
    def about(self) -> Currency:
        return currency_of(self.currency)

    @property
    def decimal(self) -> Decimal:
        """In whole units, with as many digits after the point as the currency has."""
        return Decimal(self.amount_minor).scaleb(-self.about.exponent)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._minor_of(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def _minor_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrenciesDiffer
        return other.amount_minor

    def share(self, basis_points: int) -> "Money":
        """So many hundredths of a percent, rounded down to the minor unit: what remains stays with whoever shares."""
        return Money(self.amount_minor * basis_points // 10_000, self.currency)

    def __str__(self) -> str:
        """In the reader's language."""
        locale = Locale.parse(to_locale(get_language() or "en"))
        pattern = copy(locale.currency_formats["standard"])
        # Babel's own digits are those of ISO 4217, which the gateway doesn't always follow.
        pattern.frac_prec = (self.about.exponent, self.about.exponent)
        return str(pattern.apply(self.decimal, locale, currency=self.currency.upper(), currency_digits=False))
