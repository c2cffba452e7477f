"""Payments and what goes back of them: rows that are there before the gateway is asked."""

from datetime import datetime, timedelta
from typing import ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from monetization.models.attempts import Attempt, AttemptQuerySet, Purchase
from monetization.models.cards import Card
from monetization.models.rules import PaymentKind
from monetization.money import Money
from streaming.models import Broadcast


class JointCharge(Attempt):
    """One charge of a card for several payments: they are paid together, or none is."""

    KEY = "joint"

    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="joint_charges", verbose_name=_("who pays")
    )
    is_off_session = models.BooleanField(_("without the payer there"), default=True)

    class Meta:
        verbose_name = _("joint charge")
        verbose_name_plural = _("joint charges")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider_id"], condition=~Q(provider_id=""), name="one_joint_charge_there"
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state__in=["asked", "action"]), name="joint_charges_open"),
        ]

    def __str__(self) -> str:
        return f"{self.payer}: {self.amount}"

    @property
    def has_no_payer_there(self) -> bool:
        return self.is_off_session


class Payment(Purchase):
    """What is bought of a channel."""

    KEY = "payment"
    Kind = PaymentKind

    kind = models.CharField(_("kind"), max_length=16, choices=PaymentKind.choices)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="payments", verbose_name=_("who pays")
    )
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="payments", verbose_name=_("channel"))
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="payments_received", verbose_name=_("who earns")
    )
    card = models.ForeignKey(Card, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("card"))
    broadcast = models.ForeignKey(
        Broadcast,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("broadcast"),
        help_text=_("What was on air on the channel when its payer paid."),
    )
    disputed_minor = models.BigIntegerField(_("in dispute or lost by one, in minor units"), default=0)
    is_off_session = models.BooleanField(_("without the payer there"), default=False)
    joint = models.ForeignKey(
        JointCharge,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("joint charge"),
        help_text=_("With which others it was charged, if with any."),
    )

    objects: ClassVar[models.Manager["Payment"]] = AttemptQuerySet["Payment"].as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="one_payment_there"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_are_of_something"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
                name="no_more_goes_back_than_came",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state__in=["asked", "action"]), name="payments_unsettled"),
            models.Index(fields=["payer", "-created_at"]),
            models.Index(fields=["channel", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount} @{self.channel.name}"

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)

    @property
    def left(self) -> Money:
        """What could still be given back."""
        return Money(max(0, self.amount_minor - self.refunded_minor - self.disputed_minor), self.currency)

    @property
    def has_no_payer_there(self) -> bool:
        return self.is_off_session

    @classmethod
    def unheard_of(cls, now: datetime, after: timedelta) -> AttemptQuerySet[Self]:
        """What is charged jointly is asked for jointly."""
        return super().unheard_of(now, after).filter(joint=None)

    @property
    def sold_as(self) -> str:
        return self.kind

    @property
    def there(self) -> str:
        """The number at the gateway of what was charged, which may be for other payments as well."""
        return self.joint.provider_id if self.joint else self.provider_id


class Refund(models.Model):
    """Money on its way back to a card."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        DONE = "done", _("given back")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("who decided it")
    )
    provider_id = models.CharField(_("number at the gateway"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"))
    asked_at = models.DateTimeField(_("last asked"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider_id", "payment"], condition=~Q(provider_id=""), name="one_refund_there"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refunds_are_of_something"),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state="asked"), name="refunds_unsettled"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def key(self) -> str:
        return f"refund-{self.pk}"
