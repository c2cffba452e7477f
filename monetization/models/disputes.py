"""Payments that a card's holder has their bank take back."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from monetization.models.payments import Payment
from monetization.money import Money


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def lost(self) -> "DisputeQuerySet":
        return self.filter(state=Dispute.State.LOST)


class Dispute(models.Model):
    """A dispute over a payment. The money is gone at once; the creator's part of it is held until it is decided."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes", verbose_name=_("payment"))
    provider_id = models.CharField(_("number at the gateway"), max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    held_minor = models.BigIntegerField(_("held of the creator's, in minor units"), default=0)
    fee_minor = models.BigIntegerField(_("its fee in minor units"), default=0)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects: ClassVar[models.Manager["Dispute"]] = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider_id", "payment"], name="one_dispute_there"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="disputes_are_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def held(self) -> Money:
        """What the creator doesn't have meanwhile."""
        return Money(self.held_minor, self.currency)

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def key(self) -> str:
        return f"dispute-{self.pk}"
