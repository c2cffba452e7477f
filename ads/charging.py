"""A charge's way into the ledger: held for its creator at once, theirs once it is cleared, taken back if it was wrong.

Tallies keep sums in micro-units; the ledger is told the difference of their whole minor units. So of any number of
views at a third of a cent nothing is lost, and the creator's part and the platform's are the gross to the unit.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts import audit
from accounts.models import User
from ads import store
from ads.amounts import minor_micros
from ads.errors import NotReady
from ads.models import AdCharge, AdTally
from ads.spending import pool_of
from ads.summing import note_earnings, note_paid
from monetization.creators import earned, taken_back
from monetization.ledger import INCOME, Lines, held, post
from monetization.money import Money

State = AdCharge.State
KIND, HELD_FOR = "ads", "ads"
_KEPT_APART = ("advertiser_id", "creator_id", "currency")


def note_charges(charges: Sequence[AdCharge], sign: int = 1, *, is_paid: bool = False) -> None:
    """Count charges in their tallies, or out of them. Within the transaction that changes them."""
    sums: dict[tuple[int, int, str], Counter[str]] = {}
    for charge in charges:
        counts = sums.setdefault((charge.advertiser_id, charge.creator_id, charge.currency), Counter())
        counts["gross_micros"] += sign * charge.gross_micros
        counts["streamer_micros"] += sign * charge.streamer_micros
        counts["paid_micros"] += sign * charge.streamer_micros if is_paid else 0
    for key, counts in sorted(sums.items()):
        row, _new = AdTally.objects.get_or_create(**_named(key))
        AdTally.objects.filter(pk=row.pk).update(**{name: F(name) + count for name, count in counts.items()})
    note_earnings(charges, sign, is_paid=is_paid)


def _named(key: tuple[int, int, str]) -> dict[str, Any]:
    return dict(zip(_KEPT_APART, key, strict=True))


def tell_ledger(now: datetime) -> int:
    """Post what tallies have come to since the last time; how many entries that was."""
    return sum(_tell(pk, now) for pk in AdTally.objects.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _tell(pk: int, now: datetime) -> bool:
    tally = AdTally.objects.select_for_update(of=("self",)).select_related("advertiser", "creator").get(pk=pk)
    unit = minor_micros(tally.currency)
    gross, streamer, paid = (total // unit for total in (tally.gross_micros, tally.streamer_micros, tally.paid_micros))
    if (gross, streamer, paid) == (tally.gross_minor, tally.streamer_minor, tally.paid_minor):
        return False
    lines = _lines(tally, gross - tally.gross_minor, streamer - tally.streamer_minor, paid - tally.paid_minor)
    tally.gross_minor, tally.streamer_minor, tally.paid_minor = gross, streamer, paid
    tally.postings += 1
    # What goes back counts as given back on the creator's page.
    is_back = any(account.kind == pool_of(tally.advertiser).kind and money.amount_minor > 0 for account, money in lines)
    post(
        key=f"ads-{tally.pk}-{tally.postings}",
        kind=f"reverse-{KIND}" if is_back else KIND,
        lines=lines,
        source=f"advertiser:{tally.advertiser_id}",
        now=now,
    )
    tally.save()
    return True


def _lines(tally: AdTally, gross: int, streamer: int, paid: int) -> Lines:
    """`paid` moves from what is held to what the creator is owed."""

    def money(minor: int) -> Money:
        return Money(minor, tally.currency)

    owed = earned(tally.creator, money(paid)) if paid > 0 else taken_back(tally.creator, money(-paid)) if paid else []
    return [
        (pool_of(tally.advertiser), money(-gross)),
        (held(tally.creator, HELD_FOR), money(streamer - paid)),
        *owed,
        (INCOME, money(gross - streamer)),
    ]


@transaction.atomic
def clear_due(now: datetime) -> int:
    """Clear what was held long enough and nobody doubts."""
    rows = AdCharge.objects.select_for_update(skip_locked=True)
    due = list(rows.filter(state=State.HELD, doubt="", clears_at__lte=now).values_list("pk", flat=True)[:5000])
    return AdCharge.objects.filter(pk__in=due).update(state=State.CLEARED)


@transaction.atomic
def pay_cleared(limit: int = 5000) -> int:
    """What is cleared belongs to its creator: the next posting brings it into their balance."""
    rows = AdCharge.objects.select_for_update(skip_locked=True)
    cleared = list(rows.filter(state=State.CLEARED).order_by("pk")[:limit])
    sums: dict[tuple[int, int, str], int] = Counter()
    for charge in cleared:
        sums[charge.advertiser_id, charge.creator_id, charge.currency] += charge.streamer_micros
    for key, micros in sorted(sums.items()):
        tallies = AdTally.objects.filter(**_named(key))
        tallies.update(paid_micros=F("paid_micros") + micros)
    note_paid(cleared)
    return AdCharge.objects.filter(pk__in=[charge.pk for charge in cleared]).update(state=State.PAID)


@transaction.atomic
def clear(*, charge: AdCharge, by: User) -> AdCharge:
    """An administrator has looked at a charge, and it is right. Raises NotReady when it isn't held."""
    charge = AdCharge.objects.select_for_update().get(pk=charge.pk)
    if charge.state != State.HELD:
        raise NotReady
    doubt, charge.doubt, charge.state = charge.doubt, "", State.CLEARED
    charge.save(update_fields=["state", "doubt"])
    audit.record(by, "cleared ad charge", charge, doubt=doubt)
    return charge


@transaction.atomic
def reverse(*, charge: AdCharge, by: User, reason: str) -> AdCharge:
    """It should not have been billed: the advertiser may spend it again, its creator loses it. Raises NotReady."""
    charge = AdCharge.objects.select_for_update().get(pk=charge.pk)
    if charge.state == State.REVERSED:
        raise NotReady
    note_charges([charge], sign=-1, is_paid=charge.state == State.PAID)
    charge.state = State.REVERSED
    charge.save(update_fields=["state"])
    audit.record(by, "reversed ad charge", charge, gross_micros=charge.gross_micros, reason=reason)
    line, advertiser, micros = charge.line_id, charge.advertiser_id, charge.gross_micros
    transaction.on_commit(lambda: store.give_back(line, advertiser, micros))
    return charge
