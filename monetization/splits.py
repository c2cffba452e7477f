"""Whose a payment is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Channel
from monetization.ledger import FEES, GATEWAY, INCOME, TAX, Lines
from monetization.money import Money


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a payment; they sum to the whole."""

    creator: Money
    platform: Money
    card_fee: Money
    tax: Money

    @property
    def rule(self) -> dict[str, Any]:
        return {}

    def lines(self, owed: Lines) -> Lines:
        amount = self.creator + self.platform + self.card_fee + self.tax
        return [
            (GATEWAY, self.card_fee - amount),
            (FEES, -self.card_fee),
            (INCOME, self.platform + self.card_fee),
            (TAX, self.tax),
            *owed,
        ]


def split_of(*, kind: str, channel: Channel, amount: Money, card_fee: Money | None, at: datetime) -> Split:
    """The creator's but for the card's fee."""
    fee = card_fee or Money(0, amount.currency)
    nothing = Money(0, amount.currency)
    return Split(amount - fee, nothing, fee, nothing)
