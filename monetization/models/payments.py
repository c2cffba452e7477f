"""Payments and what goes back of them. A row is there before the gateway is asked, and its id is the key."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from monetization.models.cards import Card
from monetization.models.rules import PaymentKind
from monetization.money import Money
from streaming.models import Broadcast


class PaymentState(models.TextChoices):
    ASKED = "asked", _("asked")
    ACTION = "action", _("waits for the card's holder")
    PAID = "paid", _("paid")
    FAILED = "failed", _("failed")


class JointChargeQuerySet(models.QuerySet["JointCharge"]):
    def stuck(self, now: datetime, after: timedelta) -> "JointChargeQuerySet":
        """Those of which nothing was heard for longer than it takes."""
        unsettled = self.filter(state__in=[PaymentState.ASKED, PaymentState.ACTION])
        return unsettled.filter(asked_at__lt=now - after)


class JointCharge(models.Model):
    """One charge of a card for several payments: they are paid together, or none is."""

    State = PaymentState

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=PaymentState.choices, default=PaymentState.ASKED)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="joint_charges", verbose_name=_("who pays")
    )
    customer_id_there = models.CharField(_("customer at the gateway"), max_length=64)
    card_id_there = models.CharField(_("card at the gateway"), max_length=64)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    is_off_session = models.BooleanField(_("without the payer there"), default=True)
    provider_id = models.CharField(_("number at the gateway"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"))
    asked_at = models.DateTimeField(_("last asked"))

    objects: ClassVar[models.Manager["JointCharge"]] = JointChargeQuerySet.as_manager()

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
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def key(self) -> str:
        """By which the gateway knows that it was asked before."""
        return f"joint-{self.pk}"


class PaymentQuerySet(models.QuerySet["Payment"]):
    def unsettled(self) -> "PaymentQuerySet":
        return self.filter(state__in=[Payment.State.ASKED, Payment.State.ACTION])

    def stuck(self, now: datetime, after: timedelta) -> "PaymentQuerySet":
        """Those of which nothing was heard for longer than it takes; what is charged jointly is asked for jointly."""
        return self.unsettled().filter(asked_at__lt=now - after, joint=None)


class Payment(models.Model):
    """One attempt to take money from a card: `asked` until somebody heard the outcome, and never twice."""

    State = PaymentState
    Kind = PaymentKind

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=PaymentKind.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="payments", verbose_name=_("who pays")
    )
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="payments", verbose_name=_("channel"))
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="payments_received", verbose_name=_("who earns")
    )
    card = models.ForeignKey(Card, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("card"))
    card_label = models.CharField(_("card's name"), max_length=48)
    customer_id_there = models.CharField(_("customer at the gateway"), max_length=64)
    card_id_there = models.CharField(_("card at the gateway"), max_length=64)
    broadcast = models.ForeignKey(
        Broadcast,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("broadcast"),
        help_text=_("What was on air on the channel when its payer paid."),
    )
    payer_country = models.CharField(_("payer's country"), max_length=2, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    refunded_minor = models.BigIntegerField(_("given back in minor units"), default=0)
    disputed_minor = models.BigIntegerField(_("in dispute or lost by one, in minor units"), default=0)
    is_off_session = models.BooleanField(_("without the payer there"), default=False)
    provider_id = models.CharField(_("number at the gateway"), max_length=64, blank=True)
    decline_code = models.CharField(_("why it was declined"), max_length=64, blank=True)
    joint = models.ForeignKey(
        JointCharge,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("joint charge"),
        help_text=_("With which others it was charged, if with any."),
    )
    created_at = models.DateTimeField(_("created"))
    asked_at = models.DateTimeField(_("last asked"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects: ClassVar[models.Manager["Payment"]] = PaymentQuerySet.as_manager()

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
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)

    @property
    def left(self) -> Money:
        """What could still be given back."""
        return Money(max(0, self.amount_minor - self.refunded_minor - self.disputed_minor), self.currency)

    @property
    def key(self) -> str:
        """By which the gateway knows that it was asked before."""
        return f"payment-{self.pk}"

    @property
    def there(self) -> str:
        """The number at the gateway of what was charged, which may be for other payments as well."""
        return self.joint.provider_id if self.joint else self.provider_id

    @property
    def is_paid(self) -> bool:
        return self.state == self.State.PAID


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
