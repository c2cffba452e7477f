"""What of a payment is whose: fees and taxes, each from a moment until another, and where something isn't offered.

Rows are added and ended, never rewritten: what was split by them keeps its reason.
"""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from monetization.countries import validate_country
from monetization.currencies import CURRENCIES

WHOLE_BP = 10_000


class PaymentKind(models.TextChoices):
    """What people pay for. Ledger entries that share out such a payment are of the same kind."""

    SUBSCRIPTION = "subscription", _("subscription")
    TIP = "tip", _("tip")
    TICKET = "ticket", _("ticket")


def _country() -> "models.CharField[str, str]":
    return models.CharField(max_length=2, validators=[validate_country])


def in_force(at: datetime) -> Q:
    """Those rows that hold at a moment: from the first instant of theirs up to the last, which is not among them."""
    return (Q(ends_at__isnull=True) | Q(ends_at__gt=at)) & Q(starts_at__lte=at)


class Dated(models.Model):
    """Holds from a moment until another."""

    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(
        _("ends"), null=True, blank=True, help_text=_("The first moment at which it no longer holds. Empty: never.")
    )
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("Why it is so, for those who come later.")
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        if self.ends_at and self.starts_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("It can't end before it starts.")})


class FeeRule(Dated):
    """What the platform keeps of payments of a kind. Of several that apply the most specific holds (`splits`)."""

    kind = models.CharField(_("of each"), max_length=16, choices=PaymentKind.choices)
    countries = ArrayField(
        _country(),
        verbose_name=_("creator's country"),
        default=list,
        blank=True,
        help_text=_("Where the creator lives. None: everywhere."),
    )
    channel = models.ForeignKey(
        Channel,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fee_rules",
        verbose_name=_("channel"),
        help_text=_("Empty: on every channel."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        choices=[(code, code.upper()) for code in CURRENCIES],
        help_text=_("Of payments in this currency alone; needed for a fixed part. Empty: in any."),
    )
    rate_bp = models.PositiveSmallIntegerField(
        _("rate (hundredths of a percent)"), validators=[MaxValueValidator(WHOLE_BP)], help_text=_("1000 is 10 %.")
    )
    fixed_minor = models.PositiveIntegerField(
        _("fixed part in minor units"), default=0, help_text=_("In addition to the rate: 25 is 0.25 €.")
    )
    bears_card_fee = models.BooleanField(
        _("bears the card's fee"),
        default=False,
        help_text=_("The card's fee comes out of the platform's part, as far as that reaches."),
    )

    class Meta:
        verbose_name = _("fee rule")
        verbose_name_plural = _("fee rules")
        ordering = ["kind", "-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(rate_bp__lte=WHOLE_BP), name="a_fee_is_at_most_the_whole"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="fee_rules_end_after_start"
            ),
            models.CheckConstraint(condition=Q(fixed_minor=0) | ~Q(currency=""), name="a_fixed_fee_is_in_a_currency"),
        ]
        indexes = [models.Index(fields=["kind", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.rate_bp / 100:g} %"

    def clean(self) -> None:
        super().clean()
        if self.fixed_minor and not self.currency:
            raise ValidationError({"currency": _("A fixed part needs a currency.")})


class TaxRate(Dated):
    """The tax that prices of a kind include, by the country of whoever pays. Without a row there is none."""

    country = models.CharField(_("country"), max_length=2, validators=[validate_country])
    kind = models.CharField(
        _("of each"), max_length=16, choices=PaymentKind.choices, blank=True, help_text=_("Empty: of every payment.")
    )
    rate_bp = models.PositiveSmallIntegerField(
        _("rate (hundredths of a percent)"), validators=[MaxValueValidator(WHOLE_BP)], help_text=_("2000 is 20 %.")
    )

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["country", "kind", "-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="tax_rates_end_after_start"
            ),
        ]
        indexes = [models.Index(fields=["country", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.country}: {self.rate_bp / 100:g} %"


class Availability(models.Model):
    """Where a feature is offered, when that isn't everywhere: in these countries alone, or in all but these."""

    class Feature(models.TextChoices):
        SUBSCRIPTION = "subscription", _("subscriptions")
        TIP = "tip", _("tips")
        TICKET = "ticket", _("tickets")
        PAYOUT = "payout", _("payouts")
        CONNECT = "connect", _("payouts by transfer")

    feature = models.CharField(_("feature"), max_length=16, choices=Feature.choices, unique=True)
    is_allow_list = models.BooleanField(
        _("in these countries alone"), default=False, help_text=_("Otherwise: everywhere but in these.")
    )
    countries = ArrayField(
        _country(),
        verbose_name=_("countries"),
        default=list,
        blank=True,
        help_text=_("A country that is unknown is in no list."),
    )

    class Meta:
        verbose_name = _("availability")
        verbose_name_plural = _("availability")
        ordering = ["feature"]

    def __str__(self) -> str:
        return self.get_feature_display()
