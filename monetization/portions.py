"""What of a payment is still whose, after what went back of it and what is in dispute.

The creator has their part of what is left, the tax office its own, each rounded as if all had gone at once. So what
they have is a function of what is gone alone, and the books end alike in whatever order things are heard.
"""

from django.db.models import Q, Sum

from monetization.gathering import share_out
from monetization.locking import lock_people_of
from monetization.models import LedgerAccount, LedgerEntry, LedgerLine, Payment, Refund
from monetization.money import Money

Kind = LedgerAccount.Kind
IN_DISPUTE = "dispute:"


def creators_surplus(payment: Payment) -> Money:
    """How much more of a payment its creator has than they are to have; below zero: how much less.

    What is held because of a dispute they don't have.
    """
    gone = payment.refunded_minor + payment.disputed_minor
    theirs = Q(account__owner=payment.creator_id, account__kind__in=[Kind.PAYABLE, Kind.RECEIVABLE, Kind.HELD])
    return _surplus(payment, "creator_minor", gone, theirs & ~Q(account__reference__startswith=IN_DISPUTE))


def tax_surplus(payment: Payment) -> Money:
    """How much more tax there is of a payment than there is to be. Tax stays tax until a dispute is lost."""
    lost = payment.disputes.filter(state="lost").aggregate(total=Sum("amount_minor"))["total"] or 0
    return _surplus(payment, "tax_minor", payment.refunded_minor + lost, Q(account__kind=Kind.TAX))


def _surplus(payment: Payment, part: str, gone_minor: int, whose: Q) -> Money:
    whole = LedgerEntry.objects.get(key=payment.key).rule[part]
    wanted = whole - whole * min(gone_minor, payment.amount_minor) // payment.amount_minor
    lines = LedgerLine.objects.filter(whose, entry__source=payment.key)
    return Money((lines.aggregate(total=Sum("amount_minor"))["total"] or 0) - wanted, payment.currency)


def locked_there(there: str) -> list[Payment]:
    """The paid payments that one charge at the gateway is for, nobody else's until the transaction ends."""
    if not there:
        return []
    found = Payment.objects.filter(Q(provider_id=there) | Q(joint__provider_id=there), state=Payment.State.PAID)
    lock_people_of(found)
    rows = found.select_for_update(of=("self",)).select_related("channel", "creator", "payer")
    return list(rows.order_by("creator", "pk"))


def spread(amount: Money, payments: list[Payment]) -> list[tuple[Payment, Money]]:
    """An amount that goes back of a charge, by the payments it was for, in proportion to what is left of each.

    What we asked back ourselves is left out, as long as the rest suffices: it goes back besides.
    """
    left = [payment.left.amount_minor for payment in payments]
    free = [max(0, minor - asked) for minor, asked in zip(left, _asked_back(payments), strict=True)]
    weights = free if sum(free) >= amount.amount_minor else left
    weighed = [(payment, minor) for payment, minor in zip(payments, weights, strict=True) if minor]
    if len(weighed) < 2:
        return [(weighed[0][0] if weighed else payments[0], amount)]
    parts = share_out(amount, [Money(minor, amount.currency) for _, minor in weighed])
    return [(payment, part) for (payment, _), part in zip(weighed, parts, strict=True) if part]


def _asked_back(payments: list[Payment]) -> list[int]:
    """How much of each is on its way back, in minor units."""
    asked = Refund.objects.filter(payment__in=payments, state=Refund.State.ASKED).order_by()
    sums = dict(asked.values_list("payment").annotate(total=Sum("amount_minor")))
    return [sums.get(payment.pk, 0) for payment in payments]
