"""Months that somebody gave: one to a person by name, or one each to people who were there."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, User
from monetization.models.contracts import Contract
from monetization.models.payments import Payment
from monetization.models.subscriptions import Subscription
from monetization.models.tiers import Tier
from monetization.money import Money


class GiftQuerySet(models.QuerySet["Gift"]):
    def paid_on(self, channel: Channel) -> "GiftQuerySet":
        """What was given on a channel, the latest first, with all that is told of it."""
        months = Prefetch("months", GivenMonth.objects.select_related("recipient").order_by("pk"))
        paid = self.filter(tier__channel=channel, payment__state=Payment.State.PAID)
        told = paid.select_related("tier", "payment__payer").prefetch_related(months)
        return told.order_by("-payment__settled_at", "-pk")


class Gift(models.Model):
    """Who gives is the payment's payer; how much a month cost is written down."""

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="gift", verbose_name=_("payment"))
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="gifts", verbose_name=_("tier"))
    is_drawn = models.BooleanField(_("drawn from those who were there"), default=False)
    is_anonymous = models.BooleanField(_("without the giver's name"), default=False)
    price_minor = models.BigIntegerField(_("price of each month in minor units"))

    objects: ClassVar[models.Manager["Gift"]] = GiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("gift")
        verbose_name_plural = _("gifts")
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(price_minor__gt=0), name="gifts_cost_something")]

    def __str__(self) -> str:
        return f"{self.payment.payer} → {self.tier}"

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.payment.currency)

    @property
    def shown_giver(self) -> User | None:
        """Who is told to have given it; nobody where the giver chose so, or has left."""
        return None if self.is_anonymous or not self.payment.payer.is_active else self.payment.payer


class GivenMonthQuerySet(models.QuerySet["GivenMonth"]):
    def given(self) -> "GivenMonthQuerySet":
        return self.filter(state=GivenMonth.State.GIVEN)

    def awaited(self) -> "GivenMonthQuerySet":
        """Those that somebody is about to pay."""
        return self.filter(
            state=GivenMonth.State.RESERVED, gift__payment__state__in=[Payment.State.ASKED, Payment.State.ACTION]
        )

    def received_by(self, user: User) -> "GivenMonthQuerySet":
        """What somebody was given at some time."""
        return self.filter(recipient=user, subscription__isnull=False)


class GivenMonth(models.Model):
    """One month for one person. It is theirs once it is paid, after what they have already."""

    class State(models.TextChoices):
        RESERVED = "reserved", _("awaits payment")
        GIVEN = "given", _("given")
        UNGIVEN = "ungiven", _("couldn't be given")
        DECLINED = "declined", _("declined")
        TAKEN = "taken", _("taken back")

    gift = models.ForeignKey(Gift, models.PROTECT, related_name="months", verbose_name=_("gift"))
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="given_months", verbose_name=_("for whom")
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.RESERVED)
    subscription = models.OneToOneField(
        Subscription, models.SET_NULL, null=True, related_name="given_month", verbose_name=_("subscription")
    )
    contract = models.ForeignKey(
        Contract,
        models.SET_NULL,
        null=True,
        related_name="given_months",
        verbose_name=_("paid subscription"),
        help_text=_("What is charged a month later because of it."),
    )
    given_at = models.DateTimeField(_("given"), null=True, blank=True)

    objects: ClassVar[models.Manager["GivenMonth"]] = GivenMonthQuerySet.as_manager()

    class Meta:
        verbose_name = _("month given")
        verbose_name_plural = _("months given")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["gift", "recipient"], name="one_month_of_a_gift_each")]
        indexes = [
            models.Index(fields=["recipient", "-id"]),
            models.Index(fields=["gift"], condition=Q(state="reserved"), name="months_awaiting_payment"),
        ]

    def __str__(self) -> str:
        return f"{self.gift} → {self.recipient}"

    def is_theirs_at(self, at: datetime) -> bool:
        """Whether it runs, or will."""
        row = self.subscription
        return self.state == self.State.GIVEN and row is not None and row.ends_at is not None and row.ends_at > at
