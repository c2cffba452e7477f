"""Accounts with the gateway, to which creators are paid where its transfers reach; elsewhere their bank is.

The gateway itself asks them who they are. What it says of an account is read again after each visit, when it tells of
a change, and each day.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from accounts.notifications import notify
from monetization.availability import Feature, is_offered
from monetization.countries import CONNECT_COUNTRIES
from monetization.errors import GatewayAway, NoBankAccount, NotReachedThere
from monetization.gateway import AccountFacts, Arrival, open_gateway
from monetization.going_on import going_on
from monetization.locking import lock_people
from monetization.models import ConnectedAccount, LeftAccount
from monetization.settling import KEY_KEPT
from monetization.whereabouts import creator_country

log = logging.getLogger(__name__)

State = ConnectedAccount.State
LOOKED_AT_EACH = timedelta(days=1)
AT_A_TIME = 100
# The gateway's words, by how they begin or end; the first that fits says it in ours.
_WORDS = {
    "verification": _("a document that shows who you are"),
    "external_account": _("the bank account you are paid to"),
    "default_outbound_destination": _("the bank account you are paid to"),
    "address": _("your address"),
    "date_of_birth": _("your date of birth"),
    "dob": _("your date of birth"),
    "id_number": _("your tax or identity number"),
    "phone": _("your phone number"),
    "email": _("your e-mail address"),
    "terms_of_service": _("your agreement to the payment service’s terms"),
    "tos_acceptance": _("your agreement to the payment service’s terms"),
    "name": _("your name"),
}
_OTHER = _("another detail about you")


def is_reached(country: str) -> bool:
    """Whether the gateway's transfers reach a country, and the house pays by them there."""
    return country in CONNECT_COUNTRIES and is_offered(Feature.CONNECT, country)


def account_there(user: User, now: datetime) -> ConnectedAccount | None:
    """Somebody's account in the country where they live."""
    country = creator_country(user, now)
    return ConnectedAccount.objects.filter(user=user, country=country).first() if is_reached(country) else None


def ready_account(user: User, now: datetime) -> ConnectedAccount | None:
    """The account to which somebody is paid by transfer, if they are."""
    row = account_there(user, now)
    return row if row and row.provider_id and row.state == State.ACTIVE else None


def open_account(*, user: User, now: datetime) -> ConnectedAccount:
    """Somebody's account with the gateway, opened once however often it is asked for. Raises NotReachedThere where no
    transfers go, NoBankAccount when they leave meanwhile, and GatewayAway."""
    country = creator_country(user, now)
    if not is_reached(country):
        raise NotReachedThere
    row = _row_for(user, country, now)
    return row if row.provider_id else settle_account(row, _open_there(row, now), now)


def _open_there(row: ConnectedAccount, now: datetime) -> AccountFacts:
    gateway, user = open_gateway(), row.user
    if now - row.created_at > KEY_KEPT and (found := gateway.find_account_of(key=row.key)) is not None:
        return found
    return gateway.open_account(key=row.key, email=user.email, name=user.shown_name, country=row.country)


def _row_for(user: User, country: str, now: datetime) -> ConnectedAccount:
    """Committed before the gateway is asked."""
    known = ConnectedAccount.objects.filter(user=user, country=country).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            if not lock_people(user.pk):
                raise NoBankAccount
            row = ConnectedAccount.objects.create(user=user, country=country, created_at=now, checked_at=now)
            audit.record(user, "opened connected account", user, country=country)
    except IntegrityError:
        return ConnectedAccount.objects.get(user=user, country=country)
    return row


def look_at(row: ConnectedAccount, now: datetime) -> ConnectedAccount:
    """How it stands at the gateway by now."""
    return settle_account(row, open_gateway().find_account(row.provider_id), now) if row.provider_id else row


def settle_account(row: ConnectedAccount, facts: AccountFacts, now: datetime) -> ConnectedAccount:
    """Take note of what the gateway says of it; its owner is told when they are ready to be paid, or no longer. Raises
    NoBankAccount when they have left meanwhile: what was opened there is then left behind, to be closed."""
    settled = _settle(row, facts, now)
    if settled is None:
        raise NoBankAccount
    return settled


@transaction.atomic
def _settle(known: ConnectedAccount, facts: AccountFacts, now: datetime) -> ConnectedAccount | None:
    lock_people(known.user_id)
    rows = ConnectedAccount.objects.select_for_update(of=("self",)).select_related("user")
    row = rows.filter(pk=known.pk).first()
    if row is None:
        LeftAccount.objects.filter(key=known.key).update(provider_id=facts.provider_id)
        return None
    was, row.state = row.state, State(facts.state)
    row.provider_id = row.provider_id or facts.provider_id
    row.due = [{"what": one.what, "is_theirs": one.is_theirs} for one in facts.due]
    row.due_by, row.checked_at = facts.due_by, now
    row.save()
    if row.state != was:
        audit.record(None, "connected account changed", row.user, state=row.state, number=row.provider_id)
        if State.ACTIVE in (was, row.state):
            kind = "account_ready" if row.state == State.ACTIVE else "account_wanting"
            notify(user=row.user, kind=kind, now=now, url="/studio/")
    return row


def look_at_all(now: datetime) -> None:
    """Look at each account once a day. A gateway that is away ends it until the next time."""
    rows = ConnectedAccount.objects.exclude(provider_id="").filter(checked_at__lt=now - LOOKED_AT_EACH)
    try:
        for row in rows.order_by("checked_at")[:AT_A_TIME]:
            with going_on(row):
                look_at(row, now)
    except GatewayAway as error:
        log.warning("the gateway is away: %s", error.facts)


def hear_account(provider_id: str, now: datetime) -> None:
    """The gateway says that something about it has changed."""
    row = ConnectedAccount.objects.filter(provider_id=provider_id).first()
    if row is not None:
        look_at(row, now)


def hear_arrival(account: str, provider_id: str, now: datetime) -> None:
    """What went on to a creator's own bank: they are told when it didn't arrive. It stays in their account there."""
    row = ConnectedAccount.objects.select_related("user").filter(provider_id=account).first()
    if row is None:
        return
    arrival: Arrival = open_gateway().find_arrival(account, provider_id)
    if arrival.has_failed:
        amount = {"amount_minor": arrival.amount.amount_minor, "currency": arrival.amount.currency}
        key = f"arrival:{arrival.provider_id}"
        notify(user=row.user, kind="payout_stuck", now=now, url="/studio/", key=key, amount=amount)


def asked_of(row: ConnectedAccount) -> list[Any]:
    """What its owner must still say, in words; each once."""
    theirs = [one["what"] for one in row.due if one["is_theirs"]]
    return list(dict.fromkeys(str(_in_words(what)) for what in theirs))


def _in_words(what: str) -> Any:
    parts = what.split(".")
    return next((words for name, words in _WORDS.items() if any(part.endswith(name) for part in parts)), _OTHER)
