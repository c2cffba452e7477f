"""Putting a creator's balance right by hand takes two administrators."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from monetization.creators import earned, taken_back
from monetization.errors import AlreadySettled, CreatorLeft, NeedsAnother
from monetization.ledger import INCOME, post
from monetization.locking import lock_people
from monetization.models import Adjustment
from monetization.money import Money

State = Adjustment.State
ADJUSTMENT = "adjustment"


@transaction.atomic
def propose(*, creator: User, amount: Money, reason: str, by: User, now: datetime) -> Adjustment:
    """Propose that a creator be owed more, or less: nothing moves yet. Raises ValidationError."""
    row = Adjustment(
        creator=creator,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        reason=reason,
        proposed_by=by,
        proposed_at=now,
    )
    row.full_clean()
    row.save()
    audit.record(by, "proposed adjustment", row, reason=reason, amount_minor=row.amount_minor, currency=row.currency)
    return row


@transaction.atomic
def confirm(*, adjustment: Adjustment, by: User, now: datetime) -> Adjustment:
    """Post it: the platform gives or takes the difference.

    Raises NeedsAnother to who proposed it, CreatorLeft once there is nobody to owe it to, AlreadySettled.
    """
    is_here = bool(lock_people(adjustment.creator_id))
    row = _open(adjustment)
    if not is_here:
        raise CreatorLeft
    if row.proposed_by_id == by.pk:
        raise NeedsAnother
    moved = earned(row.creator, row.amount) if row.amount_minor > 0 else taken_back(row.creator, -row.amount)
    lines = [*moved, (INCOME, -row.amount)]
    post(key=f"adjustment-{row.pk}", kind=ADJUSTMENT, lines=lines, now=now, source=f"adjustment:{row.pk}")
    return _decide(row, State.CONFIRMED, by, now)


@transaction.atomic
def drop(*, adjustment: Adjustment, by: User, now: datetime) -> Adjustment:
    """Leave it. Whoever proposed it may. Raises AlreadySettled."""
    return _decide(_open(adjustment), State.DROPPED, by, now)


def _open(adjustment: Adjustment) -> Adjustment:
    row = Adjustment.objects.select_for_update(of=("self",)).select_related("creator").get(pk=adjustment.pk)
    if row.state != State.PROPOSED:
        raise AlreadySettled
    return row


def _decide(row: Adjustment, state: Adjustment.State, by: User, now: datetime) -> Adjustment:
    row.state, row.decided_by, row.decided_at = state, by, now
    row.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record(by, f"{state} adjustment", row)
    return row
