"""What a creator earns and gives back: debts first, and never more than there is."""

from django.db import transaction

from accounts.models import User
from monetization.ledger import Lines, balance_of, payable, receivable
from monetization.models import LedgerAccount
from monetization.money import Money


def owed(creator: User, currency: str) -> Money:
    """What a creator is owed, and nobody moves until the transaction ends."""
    _lock(creator, currency)
    return balance_of(payable(creator), currency)


def earned(creator: User, amount: Money) -> Lines:
    """The lines by which a creator is owed an amount: first against what they owe. Within the posting transaction."""
    _lock(creator, amount.currency)
    owed = -balance_of(receivable(creator), amount.currency)
    recovered = Money(min(owed.amount_minor, amount.amount_minor), amount.currency)
    return [(receivable(creator), recovered), (payable(creator), amount - recovered)]


def taken_back(creator: User, amount: Money) -> Lines:
    """The lines by which an amount is taken from a creator: beyond what they are owed, they owe it."""
    _lock(creator, amount.currency)
    there = balance_of(payable(creator), amount.currency)
    taken = Money(min(there.amount_minor, amount.amount_minor), amount.currency)
    return [(payable(creator), -taken), (receivable(creator), taken - amount)]


def _lock(creator: User, currency: str) -> None:
    """Nobody else splits what this creator has until the transaction ends."""
    assert transaction.get_connection().in_atomic_block
    User.objects.select_for_update(no_key=True).get(pk=creator.pk)
    list(LedgerAccount.objects.select_for_update().filter(owner=creator, currency=currency).order_by("pk"))
