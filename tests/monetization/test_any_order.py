"""Charges, answers, events twice and shuffled, refunds and silence, in any order: the books are always right."""

from itertools import count

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import Channel, User
from monetization.errors import NothingToRefund
from monetization.gateway import Charge, RefundFacts, State
from monetization.ledger import GATEWAY, balance_of, payable, post, receivable
from monetization.models import Customer, LedgerEntry, LedgerLine, Payment, Refund, Tip
from monetization.money import Money
from monetization.refunding import _decide, settle_refund
from monetization.settling import settle

pytestmark = pytest.mark.django_db

CURRENCIES = {"jpy": 100, "eur": 100, "tnd": 2000}
STATES: list[State] = ["paid", "failed", "action", "pending"]
numbers = count(1)


class Books(RuleBasedStateMachine):
    """What the gateway says, as facts; what we make of it is the real thing on a real database."""

    payments = Bundle("payments")
    facts = Bundle("facts")
    refund_facts = Bundle("refund_facts")

    @initialize()
    def open_the_house(self) -> None:
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.alice = User.objects.create(username=f"alice{next(numbers)}")
        self.bob = User.objects.create(username=f"bob{next(numbers)}")
        self.channel = Channel.objects.create(name=f"c{next(numbers)}", owner=self.alice)
        Customer.objects.create(user=self.bob, provider_id=f"cus_{next(numbers)}")
        self.taken: dict[str, Money] = {}
        self.given_back: dict[str, Money] = {}

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
        so_far = self.given_back.get(key, Money(0, row.currency))
        left = row.amount_minor - so_far.amount_minor
        ours = ""
        if not by_desk:
            try:
                ours = str(_decide(row, amount, self.alice, "", timezone.now()).pk)
            except NothingToRefund:
                return RefundFacts("re_none", "", "pi_none", amount, "failed")
        if key not in self.taken or amount.amount_minor > left:
            return RefundFacts(there, ours, f"pi_{key}", amount, "failed")
        self.given_back[key] = so_far + amount
        return RefundFacts(there, ours, f"pi_{key}", amount, "paid")

    @rule(facts=refund_facts, times=st.integers(1, 3))
    def hear_refund(self, facts: RefundFacts, times: int) -> None:
        for _ in range(times):
            settle_refund(facts, timezone.now())

    @rule(currency=st.sampled_from(sorted(CURRENCIES)))
    def pay_out(self, currency: str) -> None:
        """All that there is."""
        there = balance_of(payable(self.alice), currency)
        if there:
            lines = [(payable(self.alice), -there), (GATEWAY, there)]
            post(key=f"payout-{next(numbers)}", kind="payout", lines=lines, now=timezone.now())

    @invariant()
    def every_entry_balances(self) -> None:
        if not hasattr(self, "outer"):
            return
        sums = LedgerLine.objects.values("entry", "currency").annotate(total=Sum("amount_minor"))
        assert all(row["total"] == 0 for row in sums)

    @invariant()
    def each_payment_is_in_the_books_once(self) -> None:
        if not hasattr(self, "outer"):
            return
        paid = Payment.objects.filter(payer=self.bob, state=Payment.State.PAID)
        assert {payment.key for payment in paid} == {
            *LedgerEntry.objects.filter(kind="tip", key__in=[p.key for p in paid]).values_list("key", flat=True)
        }
        assert {str(payment.pk) for payment in paid} <= {*self.taken}

    @invariant()
    def nobody_is_owed_what_is_not_theirs(self) -> None:
        if not hasattr(self, "outer"):
            return
        for currency in CURRENCIES:
            there, owed = balance_of(payable(self.alice), currency), balance_of(receivable(self.alice), currency)
            assert there.amount_minor >= 0 >= owed.amount_minor
            assert there.amount_minor == 0 or owed.amount_minor == 0 or not owed

    @invariant()
    def what_went_back_is_what_the_gateway_gave_back_of_what_we_heard(self) -> None:
        if not hasattr(self, "outer"):
            return
        for payment in Payment.objects.filter(payer=self.bob):
            done = payment.refunds.filter(state=Refund.State.DONE)
            assert payment.refunded_minor == sum(row.amount_minor for row in done)
            assert (
                payment.refunded_minor <= self.given_back.get(str(payment.pk), Money(0, payment.currency)).amount_minor
            )

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
