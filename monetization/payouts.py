"""Paying creators by bank: a batch takes what they are owed from their balances, the operator's bank does the rest.

What is under way is on the ledger's account `transit`; once paid it has left the bank, what comes back is owed again.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Sum

from accounts import audit
from accounts.models import User
from monetization.availability import Feature, is_offered
from monetization.connecting import ready_account
from monetization.creators import earned, owed
from monetization.currencies import currency_of
from monetization.errors import (
    AlreadySettled,
    NoBankAccount,
    NobodyToPay,
    NotExported,
    NothingToPay,
    PaidByTransfer,
)
from monetization.ledger import BANK, in_transit, payable, post
from monetization.locking import lock_people
from monetization.models import BankAccount, LedgerAccount, Payout, PayoutBatch, PayoutThreshold
from monetization.money import Money
from monetization.whereabouts import creator_country

State = Payout.State
PAYOUT, RETURNED = "payout", "reverse-payout"


def threshold_of(currency: str) -> Money:
    """Below it nobody is paid out by themselves."""
    row = PayoutThreshold.objects.filter(currency=currency).first()
    return Money(row.amount_minor if row else currency_of(currency).minimum_minor, currency)


@transaction.atomic
def make_batch(*, currency: str, by: User, now: datetime) -> PayoutBatch:
    """Take from everybody's balance what is owed, where it reaches the threshold, payouts are offered in the creator's
    country and the bank account is known. Who is paid by transfer is left out. Raises NobodyToPay."""
    least = max(threshold_of(currency).amount_minor, 1)
    accounts = LedgerAccount.objects.filter(kind="payable", currency=currency, balance_minor__gte=least)
    creators = User.objects.filter(pk__in=accounts.values("owner"), bank_account__isnull=False, is_active=True)
    batch = PayoutBatch.objects.create(currency=currency, made_by=by, made_at=now)
    for creator in creators.order_by("pk"):
        amount = owed(creator, currency)
        is_by_bank = ready_account(creator, now) is None
        if is_by_bank and amount.amount_minor >= least and is_offered(Feature.PAYOUT, creator_country(creator, now)):
            pay_out(creator=creator, amount=amount, batch=batch, now=now)
    _check_something(batch)
    audit.record(by, "made payout batch", batch, **_sum_of(batch))
    return batch


@transaction.atomic
def pay_all(*, creator: User, by: User, now: datetime) -> list[Payout]:
    """Pay somebody whatever they are owed, below the threshold too. Raises NobodyToPay, NoBankAccount."""
    accounts = LedgerAccount.objects.filter(kind="payable", owner=creator, balance_minor__gt=0).order_by("currency")
    made = []
    for currency in accounts.values_list("currency", flat=True):
        batch = PayoutBatch.objects.create(currency=currency, made_by=by, made_at=now)
        made.append(pay_out(creator=creator, amount=owed(creator, currency), batch=batch, now=now))
        audit.record(by, "made payout batch", batch, **_sum_of(batch))
    if not made:
        raise NobodyToPay
    return made


@transaction.atomic
def pay_one(*, creator: User, currency: str, least: int, by: User | None, occasion: str, now: datetime) -> Payout:
    """Pay somebody what they have in a currency: by a batch of its own, or by the schedule's.

    Raises NothingToPay, NoBankAccount.
    """
    amount = owed(creator, currency)
    if amount.amount_minor < least:
        raise NothingToPay
    batch = _batch_of(currency, by, occasion, now)
    payout = pay_out(creator=creator, amount=amount, batch=batch, occasion=occasion, now=now)
    audit.record(by, "made payout", payout, amount_minor=amount.amount_minor, currency=currency)
    return payout


def _batch_of(currency: str, by: User | None, occasion: str, now: datetime) -> PayoutBatch:
    """A new one, or that of the occasion as long as it hasn't gone to the bank."""
    open_one = PayoutBatch.objects.filter(currency=currency, occasion=occasion, exported_at=None)
    found = open_one.select_for_update().first() if occasion else None
    return found or PayoutBatch.objects.create(currency=currency, made_by=by, occasion=occasion, made_at=now)


@transaction.atomic
def pay_out(*, creator: User, amount: Money, batch: PayoutBatch, now: datetime, occasion: str = "") -> Payout:
    """Take an amount from a creator's balance, on its way to their bank. Raises NoBankAccount or NotEnough."""
    bank = BankAccount.objects.filter(user=creator).first()
    if bank is None:
        raise NoBankAccount
    payout = Payout.objects.create(
        creator=creator,
        batch=batch,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        holder=bank.holder,
        sealed_number=bank.sealed_number,
        ends_in=bank.ends_in,
        bic=bank.bic,
        occasion=occasion,
        made_at=now,
    )
    lines = [(payable(creator), -amount), (in_transit(creator), amount)]
    post(key=payout.key, kind=PAYOUT, lines=lines, now=now, source=f"payout:{payout.pk}")
    return payout


@transaction.atomic
def mark_paid(*, payout: Payout, reference: str, by: User, now: datetime) -> Payout:
    """The bank has paid it. Raises AlreadySettled, and PaidByTransfer."""
    payout = _locked(payout)
    if payout.state != State.MADE:
        raise AlreadySettled
    lines = [(in_transit(payout.creator), -payout.amount), (BANK, payout.amount)]
    post(key=f"{payout.key}-paid", kind="payout-paid", lines=lines, now=now, source=f"payout:{payout.pk}")
    return _settle(payout, State.PAID, reference, by, now)


def mark_paid_in_batch(*, payout: Payout, reference: str, by: User, now: datetime) -> Payout:
    """The bank has paid its whole batch. Raises NotExported, and as `mark_paid` does."""
    if payout.batch is None or payout.batch.exported_at is None:
        raise NotExported
    return mark_paid(payout=payout, reference=reference, by=by, now=now)


@transaction.atomic
def take_back(*, payout: Payout, reference: str, by: User, now: datetime) -> Payout:
    """The bank didn't pay it, or sent it back: it is owed again. Raises AlreadySettled when it came back already, and
    PaidByTransfer."""
    payout = _locked(payout)
    if payout.state == State.RETURNED:
        raise AlreadySettled
    origin = in_transit(payout.creator) if payout.state == State.MADE else BANK
    lines = [(origin, -payout.amount), *earned(payout.creator, payout.amount)]
    post(key=f"{payout.key}-returned", kind=RETURNED, lines=lines, now=now, source=f"payout:{payout.pk}")
    return _settle(payout, State.RETURNED, reference, by, now)


def _locked(payout: Payout) -> Payout:
    lock_people(payout.creator_id)
    payout = Payout.objects.select_for_update(of=("self",)).select_related("creator").get(pk=payout.pk)
    if payout.is_transfer:
        raise PaidByTransfer
    return payout


def _settle(payout: Payout, state: Payout.State, reference: str, by: User, now: datetime) -> Payout:
    payout.state, payout.reference, payout.settled_at = state, reference.strip()[:80], now
    payout.returned_minor = payout.amount_minor if state == State.RETURNED else 0
    payout.save(update_fields=["state", "reference", "settled_at", "returned_minor"])
    audit.record(by, f"payout {state}", payout, reference=payout.reference)
    return payout


def _check_something(batch: PayoutBatch) -> None:
    if not batch.payouts.exists():
        raise NobodyToPay


def _sum_of(batch: PayoutBatch) -> dict[str, int]:
    return batch.payouts.aggregate(count=Count("pk"), sum_minor=Sum("amount_minor"))
