"""The months after the first, charged by the house's own clock while nobody is there.

What somebody else's months are worth to a card is little: a viewer's months in one currency that are due within a week
of the first are one charge with it. The months stay as they are, and one decline is a decline of all.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from monetization.cards import card_used_first
from monetization.contracts import State, decline, end, locked, may_subscribe, open_month, waits
from monetization.currencies import MOST_MINOR
from monetization.gathering import MOST_EARLY, Due, gather
from monetization.going_on import going_on
from monetization.locking import lock_people
from monetization.models import Contract, Payment
from monetization.money import Money
from monetization.paying import open_joint
from monetization.pricing import price_for
from monetization.settling import ask

AT_A_TIME = 200


def renew_due(now: datetime) -> int:
    """Charge every month that is due, one charge after the other; how many months those were."""
    count = 0
    for number in Contract.objects.due(now).order_by("next_try_at").values_list("pk", flat=True)[:AT_A_TIME]:
        with going_on(f"contract {number}"):
            months = open_due(number, now)
            if months:
                ask(months[0], now)
                count += len(months)
    for contract in Contract.objects.filter(state=State.RUNNING, is_cancelled=True, paid_until__lte=now)[:AT_A_TIME]:
        with going_on(contract):
            _close(contract, now)
    return count


@transaction.atomic
def open_due(number: int, now: datetime) -> list[Payment]:
    """The next payment of a contract and of those that go with it; none when somebody else is at it, when it waits for
    an answer, or when there is no card."""
    about = Contract.objects.in_force().filter(user__contracts=number).values_list("user", "channel__owner")
    lock_people(*{person for people in about for person in people})
    contract = _locked(Contract.objects.due(now)).filter(pk=number).first()
    if contract is None or waits(contract):
        return []
    if not _goes_on(contract):
        end(contract, now)
        contract.save()
        return []
    card = card_used_first(contract.user)
    if card is None:
        assert contract.next_try_at is not None
        decline(contract, now, due_at=contract.next_try_at)
        contract.save()
        return []
    together = _together(contract, now)
    joint = None
    if len(together) > 1:
        amount = Money(sum(price.amount_minor for _, price in together), together[0][1].currency)
        joint = open_joint(payer=contract.user, amount=amount, card=card, now=now)
    return [open_month(one, card, now, is_off_session=True, joint=joint) for one, _ in together]


def _locked(rows: QuerySet[Contract]) -> QuerySet[Contract]:
    """Those that nobody else is at, locked as they are read."""
    rows = rows.select_for_update(of=("self",), skip_locked=True)
    return rows.select_related("user", "channel__owner", "tier", "next_tier").prefetch_related("tier__prices")


def _together(first: Contract, now: datetime) -> list[tuple[Contract, Money]]:
    """What is charged with it, and at what prices: what is due within a week, or what is tried again now as well."""
    ahead = now + MOST_EARLY if first.state == State.RUNNING else now
    rows = Contract.objects.filter(user=first.user_id, state=first.state, is_cancelled=False, next_try_at__lte=ahead)
    others = _locked(rows.undisputed().exclude(pk=first.pk).order_by("next_try_at"))
    price = _price_of(first)
    found, dues = {first.pk: first}, [_due(first, price)]
    for one in others:
        also = _price_of(one)
        if not _goes_on(one) or waits(one):
            continue
        if also.currency == price.currency and _sum(dues) + also.amount_minor <= MOST_MINOR:
            found[one.pk] = one
            dues.append(_due(one, also))
    charge = next(one for one in gather(dues) if first.pk in {due.subscription for due in one.renewals})
    return [(found[due.subscription], due.price) for due in charge.renewals]


def _goes_on(contract: Contract) -> bool:
    return may_subscribe(contract.user, contract.channel) and not contract.channel.is_suspended


def _price_of(contract: Contract) -> Money:
    assert contract.paid_until is not None
    return price_for(contract.tier_at(contract.paid_until), contract.country, contract.paid_until)


def _due(contract: Contract, price: Money) -> Due:
    assert contract.next_try_at is not None
    return Due(contract.pk, contract.next_try_at, price)


def _sum(dues: Sequence[Due]) -> int:
    return sum(one.price.amount_minor for one in dues)


@transaction.atomic
def _close(contract: Contract, now: datetime) -> None:
    contract = locked(contract)
    if contract.state == State.RUNNING and contract.is_cancelled:
        end(contract, now)
        contract.save()
