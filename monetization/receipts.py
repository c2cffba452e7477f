"""Receipts by mail; the page of each payment is one as well."""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse

from accounts import mail
from monetization.models import Contract, JointCharge, LedgerEntry, Payment
from monetization.money import Money


def post_receipt(payment: Payment) -> None:
    """Once the payment's transaction is committed. What was charged jointly has one receipt for all."""
    if payment.joint_id is None:
        _post(payment, "mail/receipt")


def post_joint_receipt(joint: JointCharge, payments: Sequence[Payment]) -> None:
    if joint.payer.email:
        url = settings.PUBLIC_URL + reverse("payment", args=[payments[0].pk])
        about = {"joint": joint, "payments": payments, "card": payments[0].card_label, "url": url}
        mail.post_on_commit(mail.write_to(joint.payer, "mail/joint_receipt", about))


def post_refund(payment: Payment) -> None:
    _post(payment, "mail/refund")


def post_ticket_refund(payment: Payment) -> None:
    """With the event that it was for, and why it doesn't take place, or why this ticket was given back."""
    _post(payment, "mail/ticket_refund", reason=_reason_of(payment))


def _reason_of(payment: Payment) -> str:
    """What the creator said of it; what administrators write down is for themselves."""
    row = payment.refunds.filter(by=payment.creator).order_by("created_at").last()
    return row.reason if row else ""


def tax_in(payment: Payment) -> Money | None:
    """The tax that a payment included, as the ledger has it."""
    rule = LedgerEntry.objects.filter(key=payment.key).values_list("rule", flat=True).first()
    minor = rule.get("tax_minor", 0) if rule else 0
    return Money(minor, payment.currency) if minor else None


def post_contract_letter(contract: Contract, template: str) -> None:
    """About a subscription, with the page on which one pays for it."""
    if contract.user.email:
        url = settings.PUBLIC_URL + reverse("settings-subscriptions")
        mail.post_on_commit(mail.write_to(contract.user, template, {"contract": contract, "url": url}))


def _post(payment: Payment, template: str, **more: str) -> None:
    payer = payment.payer
    if payer.email:
        url = settings.PUBLIC_URL + reverse("payment", args=[payment.pk])
        mail.post_on_commit(
            mail.write_to(payer, template, {"payment": payment, "tax": tax_in(payment), "url": url, **more})
        )
