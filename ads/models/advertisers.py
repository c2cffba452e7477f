"""Who advertises, and what they have paid for in advance."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from monetization.currencies import CURRENCIES
from monetization.models import Card
from monetization.models.attempts import Purchase
from monetization.money import Money


class Advertiser(models.Model):
    """Somebody's account for ads; a person has one at most. Nothing of theirs runs before it is verified."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits to be verified")
        VERIFIED = "verified", _("verified")
        REFUSED = "refused", _("refused")

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="advertiser", verbose_name=_("person")
    )
    name = models.CharField(_("name"), max_length=60, unique=True, help_text=_("Viewers see it with each ad."))
    website = models.URLField(_("website"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code.upper()) for code in CURRENCIES])
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    is_house = models.BooleanField(
        _("the house's own"), default=False, help_text=_("Its house ads run where nobody pays, and cost nothing.")
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("advertiser")
        verbose_name_plural = _("advertisers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TopUp(Purchase):
    """One attempt to prepay by card. The tax in it isn't spent on ads."""

    KEY = KIND = "ad-top-up"

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="top_ups", verbose_name=_("advertiser"))
    card = models.ForeignKey(Card, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("card"))
    tax_minor = models.BigIntegerField(_("tax in minor units"), default=0)

    class Meta:
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="one_top_up_there"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="top_ups_are_of_something"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
                name="no_more_of_a_top_up_goes_back",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state__in=["asked", "action"]), name="top_ups_unsettled"),
        ]

    def __str__(self) -> str:
        return f"{self.advertiser} {self.amount}"

    @property
    def sold_as(self) -> str:
        return self.KIND

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def left(self) -> Money:
        """What could still go back to the card."""
        return Money(self.amount_minor - self.refunded_minor, self.currency)


class BalanceRefund(models.Model):
    """Unused money on its way back to the card it came from."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        DONE = "done", _("given back")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    top_up = models.ForeignKey(TopUp, models.PROTECT, related_name="refunds", verbose_name=_("top-up"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    tax_minor = models.BigIntegerField(_("tax in minor units"), default=0)
    provider_id = models.CharField(_("number at the gateway"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"))
    asked_at = models.DateTimeField(_("last asked"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund of a balance")
        verbose_name_plural = _("refunds of balances")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="balance_refunds_are_of_something"),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state="asked"), name="balance_refunds_unsettled"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.top_up_id}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.top_up.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.top_up.currency)

    @property
    def key(self) -> str:
        return f"ad-refund-{self.pk}"
