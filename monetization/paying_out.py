"""Paying a creator: by transfer where they have an account with the gateway, else by bank."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from monetization import payouts
from monetization.availability import Feature, check_offered
from monetization.connecting import ready_account
from monetization.creators import owed
from monetization.errors import AlreadyPaid, NobodyToPay, NothingToPay
from monetization.models import ConnectedAccount, LedgerAccount, Payout
from monetization.transferring import ask_transfer, open_transfer
from monetization.whereabouts import creator_country


def pay_now(*, creator: User, currency: str, by: User | None, now: datetime) -> Payout:
    """Pay a creator what they have in a currency, once.

    Raises NothingToPay below the threshold, NoBankAccount, and NotOfferedThere.
    """
    return _pay(creator, currency, by, now, "")


def pay_on(*, occasion: str, creator: User, currency: str, now: datetime) -> Payout:
    """The same, for a week or month: raises AlreadyPaid when it has been done for that."""
    return _pay(creator, currency, None, now, occasion)


def _pay(creator: User, currency: str, by: User | None, now: datetime, occasion: str) -> Payout:
    check_offered(Feature.PAYOUT, creator_country(creator, now))
    least = max(payouts.threshold_of(currency).amount_minor, 1)
    account = ready_account(creator, now)
    with transaction.atomic():
        _check_not_paid(creator, currency, occasion)
        if account is None:
            return payouts.pay_one(creator=creator, currency=currency, least=least, by=by, occasion=occasion, now=now)
        payout = _take(creator, currency, least, account, by, now)
        Payout.objects.filter(pk=payout.pk).update(occasion=occasion)
    return ask_transfer(payout, now)


def _check_not_paid(creator: User, currency: str, occasion: str) -> None:
    """Whoever pays somebody has locked them, so that this stays true."""
    owed(creator, currency)
    if occasion and Payout.objects.filter(creator=creator, currency=currency, occasion=occasion).exists():
        raise AlreadyPaid


def pay_all(*, creator: User, by: User, now: datetime) -> list[Payout]:
    """Pay somebody whatever they are owed, below the threshold too. Raises NobodyToPay, NoBankAccount."""
    account = ready_account(creator, now)
    if account is None:
        return payouts.pay_all(creator=creator, by=by, now=now)
    rows = LedgerAccount.objects.filter(kind="payable", owner=creator, balance_minor__gt=0).order_by("currency")
    currencies = list(rows.values_list("currency", flat=True))
    if not currencies:
        raise NobodyToPay
    return [ask_transfer(_take(creator, currency, 1, account, by, now), now) for currency in currencies]


@transaction.atomic
def _take(
    creator: User, currency: str, least: int, account: ConnectedAccount, by: User | None, now: datetime
) -> Payout:
    amount = owed(creator, currency)
    if amount.amount_minor < least:
        raise NothingToPay
    return open_transfer(creator=creator, amount=amount, account=account, by=by, now=now)
