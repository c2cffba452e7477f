"""Each night: what moved the balance at the gateway is what the ledger says of it, one thing by one.

A movement there and what is posted for it here are one matter: a payment (or several that were charged jointly), a
refund, a dispute with all that came of it, a transfer to a creator, what came back of one. Each matter must move the
same amount, net of fees, on both sides. What differs is written down once, and an operator closes it; nothing is put
right by itself. The operator's own payouts from the gateway to their bank move nothing of the ledger's, and are left
out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from accounts import audit
from accounts.models import User
from monetization.errors import AlreadySettled, NoteMissing
from monetization.gateway import Movement, open_gateway
from monetization.models import Bookmark, Difference, Dispute, LedgerLine, Payment, Payout, Refund
from monetization.other_charges import all_charges

# Each matter is seen on three nights; one that is minutes old may still be on its way.
OVERLAP = timedelta(days=2)
SETTLES_WITHIN = timedelta(hours=1)
FIRST_LOOK_BACK = timedelta(days=30)
BALANCE = "balance"
_ELSEWHERE = ("payout", "payout_cancel", "payout_failure", "topup", "topup_reversal")

Kind = Difference.Kind
Sums = dict[tuple[str, str], int]


def reconcile(now: datetime) -> int:
    """Compare what moved since the last time; how many differences are new. Harmless however often."""
    mark = Bookmark.objects.filter(name=BALANCE).first()
    since = (mark.read_until if mark else now - FIRST_LOOK_BACK) - OVERLAP
    until = now - SETTLES_WITHIN
    there = _moved_there(one for one in open_gateway().movements(since, until) if one.type not in _ELSEWHERE)
    here = _moved_here({about for about, _ in there} | _expected(since, until))
    with transaction.atomic():
        new = sum(_write_down(about, currency, there, here, now) for about, currency in {*there} | {*here})
        Bookmark.objects.update_or_create(name=BALANCE, defaults={"read_until": until})
    return new


@transaction.atomic
def close(*, difference: Difference, note: str, by: User, now: datetime) -> Difference:
    """Somebody has looked at it, and says what it was. Raises NoteMissing, AlreadySettled."""
    if not note.strip():
        raise NoteMissing
    row = Difference.objects.select_for_update().get(pk=difference.pk)
    if row.closed_at is not None:
        raise AlreadySettled
    row.note, row.closed_by, row.closed_at = note.strip()[:300], by, now
    row.save(update_fields=["note", "closed_by", "closed_at"])
    audit.record(by, "closed difference", row, note=row.note)
    return row


def _moved_there(movements: Iterable[Movement]) -> Sums:
    """By matter and currency. Refunds and disputes move again weeks later, and each time tell the whole."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in movements:
        key = one.about, one.net.currency
        sums[key] = one.net.amount_minor if one.is_whole else sums[key] + one.net.amount_minor
    return dict(sums)


def _moved_here(abouts: set[str]) -> Sums:
    """What the ledger's gateway account says of these, by matter and currency, as the gateway counts."""
    entries = _entries_of(abouts)
    lines = LedgerLine.objects.filter(account__kind="gateway", entry__key__in=entries)
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for key, currency, total in lines.values_list("entry__key", "currency").annotate(total=Sum("amount_minor")):
        sums[entries[key], currency] -= total
    return dict(sums)


def _entries_of(abouts: set[str]) -> dict[str, str]:
    """The keys of the entries that were posted for these, and for which of them each was."""
    found: dict[str, str] = {}
    for charges in all_charges():
        found |= charges.entries(abouts)
    for payment in Payment.objects.filter(provider_id__in=abouts):
        found[payment.key] = payment.provider_id
    for payment in Payment.objects.filter(joint__provider_id__in=abouts).select_related("joint"):
        found[payment.key] = payment.there
    for refund in Refund.objects.filter(provider_id__in=abouts):
        found[refund.key] = found[f"{refund.key}-failed"] = refund.provider_id
    for payout in Payout.objects.filter(provider_id__in=abouts - {""}):
        found[f"{payout.key}-paid"] = found[f"{payout.key}-after-all"] = payout.provider_id
    found |= {f"reversal-{about}": about for about in abouts}
    disputes = {row.key: row.provider_id for row in Dispute.objects.filter(provider_id__in=abouts)}
    of_disputes = LedgerLine.objects.filter(entry__source__in=_sources_of_disputes(abouts), account__kind="gateway")
    for key in of_disputes.values_list("entry__key", flat=True):
        of = "-".join(key.split("-")[:2])
        if of in disputes:
            found[key] = disputes[of]
    return found


def _sources_of_disputes(abouts: set[str]) -> list[str]:
    payments = Payment.objects.filter(disputes__provider_id__in=abouts)
    return [payment.key for payment in payments]


def _expected(since: datetime, until: datetime) -> set[str]:
    """What was begun and settled here in this time, so that the gateway's list of it must tell of it."""
    in_time = {"created_at__gte": since, "settled_at__lt": until}
    paid = Payment.objects.filter(**in_time, state="paid").select_related("joint")
    # What somebody decided at the gateway's desk we may have heard of late.
    refunds = Refund.objects.filter(**in_time, state="done", by__isnull=False)
    transfers = Payout.objects.filter(made_at__gte=since, settled_at__lt=until).exclude(provider_id="")
    elsewhere = [charges.expected(since, until) for charges in all_charges()]
    return {payment.there for payment in paid}.union(
        refunds.values_list("provider_id", flat=True), transfers.values_list("provider_id", flat=True), *elsewhere
    )


def _write_down(about: str, currency: str, there: Mapping[tuple[str, str], int], here: Sums, now: datetime) -> bool:
    there_minor, here_minor = there.get((about, currency)), here.get((about, currency))
    if there_minor == here_minor or (not there_minor and not here_minor):
        return False
    kind = Kind.NOT_HERE if here_minor is None else Kind.NOT_THERE if there_minor is None else Kind.DIFFERS
    _, is_new = Difference.objects.get_or_create(
        about=about,
        currency=currency,
        there_minor=there_minor or 0,
        here_minor=here_minor or 0,
        defaults={"kind": kind, "found_at": now},
    )
    return is_new
