"""Prices of single views are fractions of a cent: ads count in micro-units, a millionth of one of a currency."""

from monetization.currencies import MOST_MINOR, currency_of
from monetization.models.rules import WHOLE_BP
from monetization.money import Money

MICROS = 1_000_000
PER_MILLE = 1000


def minor_micros(currency: str) -> int:
    """Micro-units in one minor unit: 10,000 in a cent."""
    return MICROS // currency_of(currency).unit_minor


def worth(half_dollars: int, currency: str) -> Money:
    """Roughly so much in any currency, for bounds: what the gateway charges at least is about half a dollar in each."""
    return Money(half_dollars * currency_of(currency).minimum_minor, currency)


def chargeable(money: Money) -> Money:
    """No more than the gateway takes at once."""
    most = MOST_MINOR - MOST_MINOR % currency_of(money.currency).step_minor
    return Money(min(money.amount_minor, most), money.currency)


def to_micros(money: Money) -> int:
    return money.amount_minor * minor_micros(money.currency)


def to_money(micros: int, currency: str) -> Money:
    """Rounded down to the minor unit."""
    return Money(micros // minor_micros(currency), currency)


def split(gross_micros: int, share_bp: int) -> tuple[int, int]:
    """The streamer's part, rounded down, and the platform's: together the whole, to the unit."""
    streamer = gross_micros * share_bp // WHOLE_BP
    return streamer, gross_micros - streamer
