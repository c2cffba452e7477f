"""A year of a house under a moving clock, and what must have come of it."""

import contextlib
import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from accounts.models import Channel, User
from monetization import actions
from monetization.contracts import is_disputed
from monetization.disputing import settle_dispute
from monetization.errors import InDispute, NothingToRefund
from monetization.gateway import open_gateway
from monetization.ledger import FEES, GATEWAY, INCOME, balance_of
from monetization.models import (
    Card,
    Contract,
    Dispute,
    FeeRule,
    LedgerAccount,
    LedgerLine,
    Payment,
    Period,
    Refund,
    Tier,
)
from monetization.money import Money
from monetization.renewals import open_due, renew_due
from monetization.settling import _charge_again
from monetization.sweeping import sweep
from monetization.tiers import open_tier
from tests.monetization.sandbox import DECLINED_LATER, Sandbox

DAY = timedelta(days=1)


def tier_of(name: str, now: datetime, minor: int = 100, currency: str = "eur") -> Tier:
    owner = User.objects.create(username=name, email=f"{name}@example.com")
    channel = Channel.objects.create(name=name, owner=owner)
    price = Money(minor, currency)
    return open_tier(channel=channel, by=owner, name="Friends", about="", perk_codes=[], price=price, now=now)


def fee_of(payment: Payment) -> int:
    """What of the card's fee is this payment's."""
    (line,) = LedgerLine.objects.filter(entry__key=payment.key, account__kind="fees")
    return -line.amount_minor


@dataclass
class Year:
    """A year of a house under a moving clock: cards that are declined for days, answers that get lost, second thoughts,
    refunds and disputes. What people do is drawn; what must come of it is reckoned from the gateway's own list."""

    sandbox: Sandbox
    begins: datetime
    viewers: int
    channels: int
    days: int = 365
    declines: float = 0.01

    def __post_init__(self) -> None:
        self.dice = random.Random(self.viewers)
        FeeRule.objects.create(kind="subscription", rate_bp=1000, starts_at=self.begins)
        self.tiers = [tier_of(f"y{number}", self.begins, 100 + 50 * number) for number in range(self.channels)]
        self.cards = [self._cards_of(number) for number in range(self.viewers)]
        self.declined_until: dict[int, datetime] = {}
        self.disputes: list[str] = []
        wishes = [(self.dice.randrange(20), viewer, tier) for viewer in range(self.viewers) for tier in self.tiers]
        self.wishes = sorted(wishes, key=lambda wish: wish[:2])

    def _cards_of(self, number: int) -> tuple[Card, Card]:
        user = User.objects.create(username=f"v{number}")
        return self.sandbox.save_card(user, DECLINED_LATER), self.sandbox.save_card(user)

    def run(self) -> None:
        for day in range(self.days):
            now = self.begins + day * DAY
            while self.wishes and self.wishes[0][0] <= day:
                _, viewer, tier = self.wishes.pop(0)
                card = self.cards[viewer][1]
                actions.subscribe(user=card.user, tier=tier, card=card, country="", now=now)
            self._have_cards_declined(now)
            if day % 9 == 0:
                self._lose_an_answer(now)
            if _is_due(now):
                renew_due(now)
            if day % 13 == 12:
                self._think_again(now)
            if day % 3 == 0 and _is_waited_for():
                sweep(now + timedelta(minutes=5))
        sweep(now + timedelta(minutes=5))

    def _have_cards_declined(self, now: datetime) -> None:
        """For a day or for more than anybody waits."""
        for viewer, until in list(self.declined_until.items()):
            if until <= now:
                actions.prefer(self.cards[viewer][1])
                del self.declined_until[viewer]
        for viewer in range(self.viewers):
            if viewer not in self.declined_until and self.dice.random() < self.declines:
                actions.prefer(self.cards[viewer][0])
                self.declined_until[viewer] = now + self.dice.choice((1, 2, 4, 9)) * DAY

    def _lose_an_answer(self, now: datetime) -> None:
        contract = Contract.objects.due(now).first()
        months = open_due(contract.pk, now) if contract else []
        if months:
            _charge_again(months[0].joint or months[0], now)

    def _think_again(self, now: datetime) -> None:
        running = list(Contract.objects.filter(state="running", paid_until__gt=now).order_by("pk"))
        if running:
            actions.cancel(contract=self.dice.choice(running), now=now)
            with contextlib.suppress(InDispute):
                actions.resume(contract=self.dice.choice(running), now=now)
        paid = self._one_of(Payment.objects.filter(state="paid"))
        try:
            part = Money(paid.amount_minor // self.dice.choice([1, 2, 3]), paid.currency)
            actions.refund(payment=paid, amount=part, by=paid.creator, reason="", now=now)
        except NothingToRefund:
            return
        other = self._one_of(Payment.objects.filter(state="paid", refunded_minor=0))
        if other.there not in self.disputes:
            self.disputes.append(other.there)
            there = self.sandbox.ask("/sandbox/disputes", payment_intent=other.there)["id"]
            if self.dice.random() < 0.7:
                self.sandbox.ask(f"/sandbox/disputes/{there}/close", status=self.dice.choice(["won", "lost"]))
            settle_dispute(open_gateway().find_dispute(there), now)

    def _one_of(self, payments: QuerySet[Payment]) -> Payment:
        """Drawn by when they were made, not by their numbers, which differ each time."""
        rows = payments.order_by("created_at", "payer", "channel").values_list("pk", flat=True)
        return Payment.objects.select_related("joint", "channel").get(pk=self.dice.choice(list(rows)))

    def check_months(self) -> None:
        """Each month is paid once, none is left out, none is charged more than a week early.

        One whose months were over when a dispute was won counts anew then; while one is open nothing is charged.
        """
        months = Period.objects.filter(payment__state="paid").select_related("contract", "payment").order_by("pk")
        numbers: dict[int, list[int]] = {}
        for month in months:
            numbers.setdefault(month.contract_id, []).append(month.number)
            assert month.payment.created_at >= month.starts_at - 7 * DAY
        ends = self.begins + self.days * DAY
        for contract in Contract.objects.all():
            runs = _runs(numbers[contract.pk])
            assert all(run == [*range(1, len(run) + 1)] for run in runs)
            assert contract.months_paid in (len(runs[-1]), 0)
            assert contract.paid_until is not None
            assert not contract.is_in_force or contract.paid_until > ends - 9 * DAY or is_disputed(contract)

    def check_books(self) -> None:
        """The ledger is what the gateway's list of charges comes to, split as the house's one rule says."""
        gross, fees, back, charged = self._at_the_gateway()
        assert charged == {payment.there for payment in Payment.objects.filter(state="paid").select_related("joint")}
        disputed = fee_of_disputes = 0
        theirs: Counter[int] = Counter()
        for payment in Payment.objects.filter(state="paid").prefetch_related("disputes"):
            fee = fee_of(payment)
            part = payment.amount_minor * 9 // 10 - fee
            open_or_lost = [row for row in payment.disputes.all() if row.state != "won"]
            gone = payment.refunded_minor + sum(row.amount_minor for row in open_or_lost)
            theirs[payment.creator_id] += part - part * min(gone, payment.amount_minor) // payment.amount_minor
            theirs[payment.creator_id] += sum(row.held_minor for row in open_or_lost if row.state == "open")
            disputed += sum(row.amount_minor for row in open_or_lost)
            fee_of_disputes += sum(row.fee_minor for row in payment.disputes.all())
        assert balance_of(FEES, "eur").amount_minor == -fees
        assert balance_of(GATEWAY, "eur").amount_minor == fees + back + disputed + fee_of_disputes - gross
        for tier in self.tiers:
            assert sum_of(tier.channel.owner) == theirs[tier.channel.owner_id]  # type: ignore[index]
        open_ones = sum(row.amount_minor for row in self._open_disputes())
        income = balance_of(INCOME, "eur").amount_minor
        assert income == gross - back - disputed + open_ones - sum(theirs.values())

    def _open_disputes(self) -> QuerySet[Dispute]:
        return Dispute.objects.filter(state="open")

    def _at_the_gateway(self) -> tuple[int, int, int, set[str]]:
        """Sums of what was taken there, of the cards' fees, and of what went back; and the numbers of the charges."""
        gross = fees = back = 0
        numbers = set()
        theirs = {card.user.customer.provider_id for _, card in self.cards}
        for one in self.sandbox.list_all("/v1/payment_intents"):
            if one["customer"] in theirs and one["status"] == "succeeded":
                gross += one["amount"]
                fees += (one["amount"] * 15 + 500) // 1000 + 25
                numbers.add(one["id"])
        for refund in self.sandbox.list_all("/v1/refunds"):
            back += refund["amount"] if refund["payment_intent"] in numbers else 0
        return gross, fees, back, numbers


def _is_due(now: datetime) -> bool:
    """Whether a month is due, or over: on other days there is nothing for a sweep to find."""
    due = Q(next_try_at__lte=now) | Q(is_cancelled=True, paid_until__lte=now)
    return Contract.objects.in_force().filter(due).exists()


def _is_waited_for() -> bool:
    """Whether the gateway still owes an answer."""
    return Payment.objects.unsettled().exists() or Refund.objects.filter(state="asked").exists()


def _runs(numbers: list[int]) -> list[list[int]]:
    """Months as they were counted, each time from the first."""
    starts = [at for at, number in enumerate(numbers) if number == 1]
    return [numbers[start:end] for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True)]


def sum_of(creator: User | None) -> int:
    """What is owed to somebody, held, or owed by them."""
    rows = LedgerAccount.objects.filter(owner=creator, keeps_balance=True)
    return int(rows.aggregate(total=Sum("balance_minor"))["total"] or 0)
