"""Payout batches as a table for the operator's bank."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from monetization.models import Payout, PayoutBatch
from monetization.spreadsheets import to_csv

_HEADER = ("payout", "account_holder", "account_number", "bic", "currency", "amount", "message")


@transaction.atomic
def export_batches(*, batches: Sequence[PayoutBatch], by: User, now: datetime) -> str:
    """What the bank is to pay: what of these batches is still under way. As often as wanted; it is written down, as
    the numbers of the accounts are whole here and nowhere else. Raises SealLost."""
    ids = [batch.pk for batch in batches]
    # What a scheduled run adds to one meanwhile is in it before it is listed, or goes into another.
    list(PayoutBatch.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    PayoutBatch.objects.filter(pk__in=ids).update(exported_at=now)
    rows = list(Payout.objects.filter(batch__in=ids, state=Payout.State.MADE).order_by("batch", "pk"))
    for batch in batches:
        audit.record(by, "exported payout batch", batch, numbers=sum(row.batch_id == batch.pk for row in rows))
    return to_csv(
        _HEADER,
        ([row.pk, row.holder, row.number, row.bic, row.currency.upper(), row.amount, row.message] for row in rows),
    )
