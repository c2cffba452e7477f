"""What a creator earns and gives back: debts first, and never more than there is."""

from collections import Counter

from django.db import transaction

from accounts.models import User
from monetization.ledger import Account, Kind, Lines, payable, receivable
from monetization.models import LedgerAccount
from monetization.money import Money


def owed(creator: User, currency: str) -> Money:
    """What a creator is owed, and nobody moves until the transaction ends."""
    return Money(_locked(creator, currency)[payable(creator)], currency)


def earned(creator: User, amount: Money) -> Lines:
    """The lines by which a creator is owed an amount: first against what they owe. Within the posting transaction."""
    owed_minor = -_locked(creator, amount.currency)[receivable(creator)]
    recovered = Money(min(owed_minor, amount.amount_minor), amount.currency)
    return [(receivable(creator), recovered), (payable(creator), amount - recovered)]


def taken_back(creator: User, amount: Money) -> Lines:
    """The lines by which an amount is taken from a creator: beyond what they are owed, they owe it."""
    there_minor = _locked(creator, amount.currency)[payable(creator)]
    taken = Money(min(there_minor, amount.amount_minor), amount.currency)
    return [(payable(creator), -taken), (receivable(creator), taken - amount)]


def _locked(creator: User, currency: str) -> Counter[Account]:
    """The balances that the database keeps of this creator; nobody else splits them until the transaction ends."""
    assert transaction.get_connection().in_atomic_block
    User.objects.select_for_update(no_key=True).only("pk").get(pk=creator.pk)
    rows = LedgerAccount.objects.select_for_update().filter(owner=creator, currency=currency).order_by("pk")
    return Counter({Account(Kind(row.kind), row.owner_id, row.reference): row.balance_minor for row in rows})
