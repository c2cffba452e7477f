"""What somebody has agreed to pay for a tier, month by month."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from monetization.models.disputes import Dispute
from monetization.models.payments import Payment
from monetization.models.subscriptions import Subscription
from monetization.models.tiers import Tier


def _in_dispute() -> Exists:
    about = Q(payment__period__contract=OuterRef("pk")) | Q(payment__tier_switch__contract=OuterRef("pk"))
    return Exists(Dispute.objects.filter(about, state=Dispute.State.OPEN))


class ContractQuerySet(models.QuerySet["Contract"]):
    def in_force(self) -> "ContractQuerySet":
        return self.filter(state__in=[Contract.State.RUNNING, Contract.State.OVERDUE])

    def due(self, now: datetime) -> "ContractQuerySet":
        """Those of which the next month is to be paid now."""
        return self.in_force().undisputed().filter(next_try_at__lte=now, is_cancelled=False)

    def undisputed(self) -> "ContractQuerySet":
        """Those of which no payment is in dispute."""
        return self.filter(~_in_dispute())

    def telling_disputes(self) -> "ContractQuerySet":
        """With `is_disputed`."""
        return self.annotate(is_disputed=_in_dispute())

    def due_to_switch(self, now: datetime) -> "ContractQuerySet":
        """Those whose next tier begins: its month is there, and paid."""
        running = self.filter(state=Contract.State.RUNNING, switches_at__lte=now, next_tier__isnull=False)
        return running.filter(paid_until__gt=F("switches_at"))


class Contract(models.Model):
    """A subscription that is paid for. The gate that it opens is its `Subscription`, which runs until this ends."""

    class State(models.TextChoices):
        OPENING = "opening", _("awaits its first payment")
        RUNNING = "running", _("running")
        OVERDUE = "overdue", _("overdue")
        ENDED = "ended", _("ended")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="contracts", verbose_name=_("who"))
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="contracts", verbose_name=_("channel"))
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="contracts", verbose_name=_("tier"))
    next_tier = models.ForeignKey(
        Tier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("next tier")
    )
    switches_at = models.DateTimeField(_("the next tier begins"), null=True, blank=True)
    subscription = models.OneToOneField(
        Subscription, models.SET_NULL, null=True, related_name="contract", verbose_name=_("subscription")
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPENING)
    opened_at = models.DateTimeField(_("opened"))
    months_paid = models.PositiveSmallIntegerField(_("months paid"), default=0)
    months_given = models.PositiveSmallIntegerField(_("months given by others"), default=0)
    paid_until = models.DateTimeField(_("paid until"), null=True, blank=True)
    is_cancelled = models.BooleanField(_("ends with what is paid"), default=False)
    tries = models.PositiveSmallIntegerField(_("times declined"), default=0)
    next_try_at = models.DateTimeField(_("charged next"), null=True, blank=True)

    objects: ClassVar[models.Manager["Contract"]] = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("paid subscription")
        verbose_name_plural = _("paid subscriptions")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel"],
                condition=Q(state__in=["running", "overdue"]),
                name="one_paid_subscription_a_channel",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state__in=["running", "overdue"]), name="contracts_to_charge"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.tier}"

    @property
    def is_in_force(self) -> bool:
        return self.state in (self.State.RUNNING, self.State.OVERDUE)

    @property
    def months(self) -> int:
        """How many it has had or has, whoever paid them."""
        return self.months_paid + self.months_given

    def tier_at(self, at: datetime) -> Tier:
        """The tier of the month that begins then."""
        is_next = self.next_tier is not None and self.switches_at is not None and at >= self.switches_at
        return self.next_tier if is_next and self.next_tier else self.tier


class TierSwitch(models.Model):
    """A dearer tier for what is left of a month, with what the difference was reckoned from."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="switches", verbose_name=_("paid subscription"))
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="tier_switch", verbose_name=_("payment"))
    tier_before = models.ForeignKey(Tier, models.PROTECT, related_name="+", verbose_name=_("tier before"))
    tier_after = models.ForeignKey(Tier, models.PROTECT, related_name="+", verbose_name=_("tier after"))
    reckoning = models.JSONField(_("reckoning"), default=list)

    class Meta:
        verbose_name = _("change of tier")
        verbose_name_plural = _("changes of tier")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.contract} → {self.tier_after.name}"


class Period(models.Model):
    """The month that a payment is for. Of several payments for one month at most one is paid."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="periods", verbose_name=_("paid subscription"))
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="period", verbose_name=_("payment"))
    number = models.PositiveSmallIntegerField(_("which month"))
    starts_at = models.DateTimeField(_("starts"))

    class Meta:
        verbose_name = _("month paid for")
        verbose_name_plural = _("months paid for")
        ordering = ["-starts_at", "-pk"]
        indexes = [models.Index(fields=["contract", "number"])]

    def __str__(self) -> str:
        return f"{self.contract} {self.number}"
