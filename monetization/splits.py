"""Whose a payment is: the tax in it, the card's fee, the platform's part, and the creator's, to the last minor unit.

Of the fee rules that apply at the moment of the charge, by the country in which the creator then lived, that one holds
which says most: first one that names the channel, then one that names countries, then one that names a currency, then
one that ends some day; of those alike the one that began last, and then the one added last. Without a rule the platform
keeps nothing. Prices include tax; the rate is that of the payer's country, or the creator's where the payer's isn't
known, and one for the kind of payment goes before one for all.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Channel
from monetization.errors import NotAnAmount
from monetization.ledger import FEES, INCOME, TAX, Lines, came_in
from monetization.models import FeeRule, TaxRate
from monetization.models.rules import WHOLE_BP, in_force
from monetization.money import Money
from monetization.whereabouts import creator_country


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a payment; they sum to the whole. Only the platform's can be below zero: it then pays the rest."""

    creator: Money
    platform: Money
    card_fee: Money
    tax: Money
    fee_rule: FeeRule | None
    tax_rate: TaxRate | None
    channel_id: int
    country: str

    @property
    def amount(self) -> Money:
        """The whole."""
        return self.creator + self.platform + self.card_fee + self.tax

    @property
    def rule(self) -> dict[str, Any]:
        """Why it was split so, for the ledger's entry: rows may end, figures stay."""
        facts: dict[str, Any] = {"channel": self.channel_id, "country": self.country}
        if self.fee_rule:
            rule = self.fee_rule
            facts |= {"fee_rule": rule.pk, "fee_bp": rule.rate_bp, "fee_fixed_minor": rule.fixed_minor}
            facts |= {"bears_card_fee": rule.bears_card_fee}
        if self.tax_rate:
            facts |= {
                "tax_rate": self.tax_rate.pk,
                "tax_bp": self.tax_rate.rate_bp,
                "tax_country": self.tax_rate.country,
            }
        return facts

    def lines(self, owed: Lines, settled: Money | None = None) -> Lines:
        """The ledger entry of a charge. `owed` says where the creator's part goes: `creators.earned`, or held;
        `settled` what the gateway has of it, where it keeps another currency.

        The card's fee is an expense of the platform, which keeps its amount back from whoever bears it.
        """
        return [
            *came_in(self.amount - self.card_fee, settled),
            (FEES, -self.card_fee),
            (INCOME, self.platform + self.card_fee),
            (TAX, self.tax),
            *owed,
        ]


def split_of(
    *, kind: str, channel: Channel, amount: Money, card_fee: Money | None, at: datetime, payer_country: str = ""
) -> Split:
    """Split a payment for a channel as it is to be at the moment of its charge. Raises NotAnAmount below zero."""
    card_fee = card_fee or Money(0, amount.currency)
    if amount.amount_minor < 0 or card_fee.amount_minor < 0:
        raise NotAnAmount
    country = creator_country(channel.owner, at)
    tax_rate = tax_rate_at(kind=kind, country=payer_country or country, at=at)
    tax = tax_within(amount, tax_rate.rate_bp if tax_rate else 0)
    fee_rule = fee_rule_at(kind=kind, channel=channel, country=country, currency=amount.currency, at=at)
    creator = _creators_part(amount - tax, card_fee, fee_rule)
    platform = amount - tax - card_fee - creator
    return Split(creator, platform, card_fee, tax, fee_rule, tax_rate, channel.pk, country)


def fee_rule_at(*, kind: str, channel: Channel, country: str, currency: str, at: datetime) -> FeeRule | None:
    """The rule that holds, chosen as this module says."""
    rows = FeeRule.objects.filter(
        in_force(at),
        Q(channel=None) | Q(channel=channel.pk),
        Q(countries=[]) | Q(countries__contains=[country]),
        kind=kind,
        currency__in=["", currency],
    )
    return max(rows, key=_how_specific, default=None)


def _how_specific(rule: FeeRule) -> tuple[bool, bool, bool, bool, datetime, int]:
    names_channel, names_countries = rule.channel_id is not None, bool(rule.countries)
    return (names_channel, names_countries, bool(rule.currency), rule.ends_at is not None, rule.starts_at, rule.pk)


def tax_rate_at(*, kind: str, country: str, at: datetime) -> TaxRate | None:
    """The rate that holds, chosen as this module says."""
    rows = TaxRate.objects.filter(in_force(at), country=country, kind__in=["", kind])
    return max(rows, key=lambda row: (bool(row.kind), row.starts_at, row.pk), default=None)


def tax_within(amount: Money, rate_bp: int) -> Money:
    """The tax that an amount includes, to the nearest minor unit, a half up."""
    whole = WHOLE_BP + rate_bp
    return Money((2 * amount.amount_minor * rate_bp + whole) // (2 * whole), amount.currency)


def _creators_part(base: Money, card_fee: Money, rule: FeeRule | None) -> Money:
    """Rounded down; what is left over is the platform's."""
    there = base - card_fee
    if rule is None:
        wanted = there
    else:
        kept = base.share(WHOLE_BP - rule.rate_bp) - Money(rule.fixed_minor, base.currency)
        wanted = kept if rule.bears_card_fee else kept - card_fee
    minor = min(wanted.amount_minor, there.amount_minor)
    return Money(max(minor, 0), base.currency)
