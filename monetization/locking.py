"""In which order rows are locked, so that no two transactions wait for each other.

1. People, in the order of their numbers: who pays, who earns, who is given something.
2. What was charged, and what goes back or out of it: joint charges, payments, refunds, disputes, payouts.
3. What that was for: contracts, events, channels, subscriptions.
4. The ledger's accounts, in the order of theirs.

Deleting an account (`accounts.deletion.forget`) begins with its person, whose row nobody else then refers to anew, and
goes on to all that is theirs. A transaction that holds something of theirs and only then writes a row that refers to
them would wait for it, and it for that. So whoever is about to write such a row locks the people first, and no others
after that; whoever has them already may lock them again.
"""

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from monetization.models import Payment


def lock_people(*people: int | None) -> set[int]:
    """Lock people until the transaction ends; the numbers of those of them who haven't left."""
    assert transaction.get_connection().in_atomic_block
    wanted = {person for person in people if person is not None}
    if not wanted:
        return wanted
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    return {number for number, left_at in rows.values_list("pk", "deleted_at") if left_at is None}


def lock_people_of(payments: QuerySet[Payment]) -> None:
    """Lock whoever these payments are about, before they are locked themselves."""
    about = payments.order_by().values_list("payer", "creator", "gift__months__recipient")
    lock_people(*{person for people in about for person in people})
