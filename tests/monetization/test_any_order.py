"""Charges, answers, events twice and shuffled, refunds that may fail, disputes, and silence, in any order: the books
are always right."""

from collections import Counter
from dataclasses import replace
from itertools import count
from typing import Literal

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import Channel, User
from monetization.disputing import settle_dispute
from monetization.errors import NothingToRefund
from monetization.gateway import Charge, DisputeFacts, RefundFacts, State
from monetization.ledger import GATEWAY, balance_of, payable, post
from monetization.models import Customer, Dispute, LedgerEntry, LedgerLine, Payment, Refund, Tip
from monetization.money import Money
from monetization.refunding import _decide, settle_refund
from monetization.settling import settle

pytestmark = pytest.mark.django_db

CURRENCIES = {"jpy": 100, "eur": 100, "tnd": 2000}
STATES: list[State] = ["paid", "failed", "action", "pending"]
Outcome = Literal["won", "lost"]
OUTCOMES: list[Outcome] = ["won", "lost"]
numbers = count(1)


class Books(RuleBasedStateMachine):
    """What the gateway says, as facts; what we make of it is the real thing on a real database."""

    payments = Bundle("payments")
    facts = Bundle("facts")
    refund_facts = Bundle("refund_facts")
    dispute_facts = Bundle("dispute_facts")

    @initialize()
    def open_the_house(self) -> None:
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.alice = User.objects.create(username=f"alice{next(numbers)}")
        self.bob = User.objects.create(username=f"bob{next(numbers)}")
        self.channel = Channel.objects.create(name=f"c{next(numbers)}", owner=self.alice)
        Customer.objects.create(user=self.bob, provider_id=f"cus_{next(numbers)}")
        self.taken: dict[str, Money] = {}
        self.given_back: dict[str, int] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.paid_out = dict.fromkeys(CURRENCIES, 0)

    @rule(target=payments, currency=st.sampled_from(sorted(CURRENCIES)), steps=st.integers(1, 5000))
    def ask(self, currency: str, steps: int) -> Payment:
        now = timezone.now()
        payment = Payment.objects.create(
            kind="tip",
            payer=self.bob,
            channel=self.channel,
            creator=self.alice,
            card_label="Visa",
            customer_id_there="cus",
            card_id_there="pm",
            currency=currency,
            amount_minor=CURRENCIES[currency] + 10 * steps,
            created_at=now,
            asked_at=now,
        )
        Tip.objects.create(payment=payment)
        return payment

    @rule(
        target=facts,
        payment=payments,
        state=st.sampled_from(STATES),
        fee=st.integers(0, 90),
    )
    def answer(self, payment: Payment, state: State, fee: int) -> Charge:
        """What the gateway would say of it. Once it has taken money it says so for ever, with the same fee."""
        key = str(payment.pk)
        if key in self.taken:
            return Charge(f"pi_{key}", key, "paid", payment.amount, self.taken[key])
        if state == "paid":
            self.taken[key] = Money(fee, payment.currency)
        return Charge(
            f"pi_{key}", key, state, payment.amount, Money(fee, payment.currency) if state == "paid" else None
        )

    @rule(charge=facts, times=st.integers(1, 3))
    def hear(self, charge: Charge, times: int) -> None:
        """An answer, an event, a sweep: now or much later, once or again."""
        for _ in range(times):
            settle(charge, timezone.now())

    @rule(target=refund_facts, payment=payments, part=st.integers(1, 120), by_desk=st.booleans())
    def give_back(self, payment: Payment, part: int, by_desk: bool) -> RefundFacts:
        """Decide a refund of so many percent; the gateway refuses what is more than there was."""
        row = Payment.objects.get(pk=payment.pk)
        amount = Money(max(1, row.amount_minor * part // 100), row.currency)
        there, key = f"re_{next(numbers)}", str(row.pk)
        so_far = self.given_back.get(key, 0)
        ours = ""
        if not by_desk:
            try:
                ours = str(_decide(row, amount, self.alice, "", timezone.now()).pk)
            except NothingToRefund:
                return RefundFacts("re_none", "", "pi_none", amount, "failed")
        if key not in self.taken or so_far + amount.amount_minor > row.amount_minor:
            return RefundFacts(there, ours, f"pi_{key}", amount, "failed")
        self.given_back[key] = so_far + amount.amount_minor
        return RefundFacts(there, ours, f"pi_{key}", amount, "paid")

    @rule(facts=refund_facts, times=st.integers(1, 3))
    def hear_refund(self, facts: RefundFacts, times: int) -> None:
        for _ in range(times):
            settle_refund(facts, timezone.now())

    @rule(target=refund_facts, facts=refund_facts)
    def fail_later(self, facts: RefundFacts) -> RefundFacts:
        """The card's bank sends back what it was given; what was said before may still be heard after that."""
        return replace(facts, state="failed")

    @rule(target=dispute_facts, payment=payments, part=st.integers(1, 120), fee=st.sampled_from([None, 0, 1500]))
    def dispute(self, payment: Payment, part: int, fee: int | None) -> DisputeFacts:
        """So many percent of what was paid, whether it went back meanwhile or not."""
        amount = Money(max(1, payment.amount_minor * part // 100), payment.currency)
        there = f"pi_{payment.pk}" if str(payment.pk) in self.taken else "pi_none"
        taken = None if fee is None else Money(fee, payment.currency)
        return DisputeFacts(f"du_{next(numbers)}", there, amount, "open", fee=taken)

    @rule(target=dispute_facts, facts=dispute_facts, outcome=st.sampled_from(OUTCOMES))
    def decide(self, facts: DisputeFacts, outcome: Outcome) -> DisputeFacts:
        """Once, and for ever."""
        return replace(facts, state=self.outcomes.setdefault(facts.provider_id, outcome))

    @rule(facts=dispute_facts, times=st.integers(1, 3))
    def hear_dispute(self, facts: DisputeFacts, times: int) -> None:
        for _ in range(times):
            settle_dispute(facts, timezone.now())

    @rule(currency=st.sampled_from(sorted(CURRENCIES)))
    def pay_out(self, currency: str) -> None:
        """All that there is."""
        there = balance_of(payable(self.alice), currency)
        if there:
            lines = [(payable(self.alice), -there), (GATEWAY, there)]
            post(key=f"payout-{next(numbers)}", kind="payout", lines=lines, now=timezone.now())
            self.paid_out[currency] += there.amount_minor

    @invariant()
    def the_books_are_right(self) -> None:
        """What each account has follows from the payments, refunds and disputes there are, and from nothing else."""
        if not hasattr(self, "outer"):
            return
        lines = LedgerLine.objects.values("currency", "account__kind").annotate(total=Sum("amount_minor"))
        has = Counter({(row["currency"], row["account__kind"]): row["total"] for row in lines})
        paid = Payment.objects.filter(state=Payment.State.PAID).prefetch_related("refunds", "disputes")
        wanted: Counter[tuple[str, str]] = Counter()
        for payment in paid:
            self._expect(payment, wanted)
        for currency, minor in self.paid_out.items():
            wanted[currency, "gateway"] += minor
            wanted[currency, "owed"] -= minor
        for currency in CURRENCIES:
            there, owing = has[currency, "payable"], has[currency, "receivable"]
            assert there >= 0 >= owing
            assert there + owing == wanted[currency, "owed"]
            assert has[currency, "held"] == wanted[currency, "held"]
            assert has[currency, "gateway"] == wanted[currency, "gateway"]
            assert has[currency, "disputes"] == wanted[currency, "disputes"]
            assert sum(total for (of, _), total in has.items() if of == currency) == 0
        assert LedgerEntry.objects.filter(kind="tip").count() == len(paid)
        assert {str(payment.pk) for payment in paid} <= {*self.taken}

    def _expect(self, payment: Payment, wanted: Counter[tuple[str, str]]) -> None:
        """What follows from one payment, by its own rows."""
        key, currency = str(payment.pk), payment.currency
        done = [row.amount_minor for row in payment.refunds.all() if row.state == Refund.State.DONE]
        disputes = list(payment.disputes.all())
        gone = [row.amount_minor for row in disputes if row.state != Dispute.State.WON]
        assert payment.refunded_minor == sum(done) <= self.given_back.get(key, 0)
        assert payment.disputed_minor == sum(gone)
        assert all(row.state in ("open", self.outcomes.get(row.provider_id)) for row in disputes)
        theirs = payment.amount_minor - self.taken[key].amount_minor
        still = theirs - theirs * min(payment.amount_minor, sum(done) + sum(gone)) // payment.amount_minor
        fees = sum(row.fee_minor for row in disputes)
        open_ones = [row for row in disputes if row.state == Dispute.State.OPEN]
        wanted[currency, "owed"] += still
        wanted[currency, "held"] += sum(row.held_minor for row in open_ones)
        wanted[currency, "gateway"] += sum(done) + sum(gone) + fees - theirs
        wanted[currency, "disputes"] -= sum(row.amount_minor for row in open_ones) + fees

    def teardown(self) -> None:
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)


def test_any_order_ends_in_the_same_books() -> None:
    quick = settings(
        max_examples=12,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(Books, settings=quick)
