"""What the gateway tells of top-ups: a card's holder had their bank take one back, and what moved the balance there."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from ads.candidates import forget
from ads.models import AdCharge, Advertiser, BalanceRefund, TopUp
from ads.reviewing import refuse
from ads.spending import pool_of
from monetization import other_charges
from monetization.gateway import DisputeFacts
from monetization.ledger import DISPUTES, GATEWAY, TAX, Lines, post
from monetization.locking import lock_people
from monetization.models import LedgerEntry, LedgerLine
from monetization.money import Money

KIND, DOUBT = "dispute-ad-top-up", "dispute"
_SOURCE = "ad-dispute:"


def register() -> None:
    other_charges.register("ads", other_charges.Charges(settle_dispute, entries_of, expected))


@transaction.atomic
def settle_dispute(facts: DisputeFacts, now: datetime) -> bool:
    """Take prepaid money out of its pool, once, and stop whatever the advertiser runs. Won, it is there again."""
    top_up = TopUp.objects.filter(provider_id=facts.payment_there, state=TopUp.State.PAID).first()
    if top_up is None or not facts.payment_there:
        return False
    lock_people(top_up.advertiser.owner_id)
    # One dispute at a time, and no refund beside it.
    advertiser = Advertiser.objects.select_for_update().get(pk=top_up.advertiser_id)
    key = f"ad-dispute-{facts.provider_id}"
    taken = _taken(facts, top_up, advertiser)
    if not LedgerEntry.objects.filter(key=key).exists():
        _post(key, taken, facts, now)
        _stop(facts, top_up, advertiser)
    _take_fee(key, facts, now)
    if facts.state == "won":
        _post(f"{key}-won", [(account, -money) for account, money in taken], facts, now)
    transaction.on_commit(forget)
    return True


def _taken(facts: DisputeFacts, top_up: TopUp, advertiser: Advertiser) -> Lines:
    tax = Money(facts.amount.amount_minor * top_up.tax_minor // top_up.amount_minor, top_up.currency)
    return [(GATEWAY, facts.amount), (pool_of(advertiser), tax - facts.amount), (TAX, -tax)]


def _stop(facts: DisputeFacts, top_up: TopUp, advertiser: Advertiser) -> None:
    """Nothing more runs, and nothing that was perhaps paid with a stolen card is paid out unseen."""
    about = {"there": facts.provider_id, "amount_minor": facts.amount.amount_minor}
    audit.record(None, f"dispute {facts.state}", top_up, **about)
    refuse(advertiser=advertiser, by=None)
    AdCharge.objects.filter(advertiser=advertiser, state=AdCharge.State.HELD).update(doubt=DOUBT)


def _take_fee(key: str, facts: DisputeFacts, now: datetime) -> None:
    """What the gateway takes for it, which may be told later than the dispute, and given back in the end."""
    if facts.fee is None:
        return
    lines = LedgerLine.objects.filter(entry__source=_source(facts.provider_id), account__kind=DISPUTES.kind)
    before = -sum(lines.values_list("amount_minor", flat=True))
    more = facts.fee - Money(before, facts.fee.currency)
    if more:
        _post(f"{key}-fee-{before}-{facts.fee.amount_minor}", [(GATEWAY, more), (DISPUTES, -more)], facts, now)


def _post(key: str, lines: Lines, facts: DisputeFacts, now: datetime) -> None:
    post(key=key, kind=KIND, lines=lines, source=_source(facts.provider_id), now=now)


def _source(provider_id: str) -> str:
    return f"{_SOURCE}{provider_id}"


def entries_of(abouts: set[str]) -> dict[str, str]:
    """Keys of the ledger's entries, and which top-up, refund or dispute at the gateway each was posted for."""
    found = {}
    for top_up in TopUp.objects.filter(provider_id__in=abouts - {""}):
        found[top_up.key] = top_up.provider_id
    for refund in BalanceRefund.objects.filter(provider_id__in=abouts - {""}):
        found[refund.key] = found[f"{refund.key}-failed"] = refund.provider_id
    of_disputes = LedgerEntry.objects.filter(source__in=[_source(about) for about in abouts])
    for key, source in of_disputes.values_list("key", "source"):
        found[key] = source.removeprefix(_SOURCE)
    return found


def expected(since: datetime, until: datetime) -> set[str]:
    in_time = {"created_at__gte": since, "settled_at__lt": until}
    paid = TopUp.objects.filter(**in_time, state=TopUp.State.PAID).values_list("provider_id", flat=True)
    back = BalanceRefund.objects.filter(**in_time, state=BalanceRefund.State.DONE).values_list("provider_id", flat=True)
    return {*paid, *back}
