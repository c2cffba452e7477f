"""Where creators are paid."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.notifications import notify
from monetization.banks import validate_account_number
from monetization.models import BankAccount


def account_of(user: User) -> BankAccount | None:
    return BankAccount.objects.filter(user=user).first()


@transaction.atomic
def keep_account(*, user: User, holder: str, number: str, bic: str, by: User, now: datetime) -> BankAccount:
    """Pay somebody there from now on; they are told, in case it wasn't they. What is under way goes where it went.

    Raises ValidationError.
    """
    validate_account_number(number)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    row = account_of(user) or BankAccount(user=user)
    row.holder, row.number, row.bic, row.changed_at = holder, number, bic, now
    row.full_clean()
    row.save()
    audit.record(by, "changed bank account", user, ends_in=row.masked)
    notify(user=user, kind="bank_account", now=now, url="/studio/", ends_in=row.masked)
    return row
