"""What gathering renewals saves: `python -m bench.fees`.

Somebody subscribes to 1, 3 or 10 channels at 1.00 EUR a month, on days of the same week. Their card costs 1.5 % and
0.25 EUR a charge, as European cards do about, each charge's fee rounded up to the cent. Counted, not timed: it needs
nothing and always says the same. Prints one JSON line.
"""

import json
from datetime import UTC, datetime, timedelta

from monetization.gathering import Due, gather
from monetization.money import Money

RATE_BP, FIXED_MINOR = 150, 25
EURO = Money(100, "eur")
_MONDAY = datetime(2026, 6, 1, tzinfo=UTC)


def card_fee(amount: Money) -> int:
    return -(-amount.amount_minor * RATE_BP // 10_000) + FIXED_MINOR


def measure(subscriptions: int) -> dict[str, int | float]:
    """A month of so many subscriptions: what the card takes of them one by one, and gathered."""
    renewals = [Due(number, _MONDAY + timedelta(days=number % 7), EURO) for number in range(subscriptions)]
    apart = sum(card_fee(one.price) for one in renewals)
    charges = gather(renewals)
    gathered = sum(card_fee(charge.amount) for charge in charges)
    paid = subscriptions * EURO.amount_minor
    return {
        "subscriptions": subscriptions,
        "charges": len(charges),
        "apart_minor": apart,
        "gathered_minor": gathered,
        "apart_percent": round(100 * apart / paid, 1),
        "gathered_percent": round(100 * gathered / paid, 1),
    }


def main() -> None:
    print(json.dumps({"bench": "fees", "currency": "eur", "cases": [measure(count) for count in (1, 3, 10)]}))


if __name__ == "__main__":
    main()
