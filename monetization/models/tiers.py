"""What a channel sells by the month: tiers with their perks, and what they cost from when on."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from monetization.countries import validate_country
from monetization.currencies import CURRENCIES
from monetization.money import Money

MOST_OPEN = 3


class TierQuerySet(models.QuerySet["Tier"]):
    def on_sale(self) -> "TierQuerySet":
        return self.filter(closed_at__isnull=True)


class Tier(models.Model):
    """Something to subscribe to. Closed ones are sold to nobody new; who has one keeps it."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="tiers", verbose_name=_("channel"))
    name = models.CharField(_("name"), max_length=40)
    about = models.CharField(_("what it is"), max_length=300, blank=True)
    perks = ArrayField(models.CharField(max_length=16), verbose_name=_("perks"), default=list, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects: ClassVar[models.Manager["Tier"]] = TierQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["channel", "closed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "name"], condition=Q(closed_at__isnull=True), name="names_of_open_tiers_differ"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}"

    def clean(self) -> None:
        for field in ("name", "about"):
            if not getattr(self, field).isprintable():
                raise ValidationError({field: _("This is one line of printable text.")})

    @property
    def is_on_sale(self) -> bool:
        return self.closed_at is None


class TierPrice(models.Model):
    """What a month of a tier costs from a moment on, in a country or wherever no country has a price of its own.

    Rows that have begun stay, so that what was paid can be told from them. Without an amount a country's price ends.
    """

    tier = models.ForeignKey(Tier, models.PROTECT, related_name="prices", verbose_name=_("tier"))
    country = models.CharField(
        _("country"), max_length=2, blank=True, validators=[validate_country], help_text=_("Empty: everywhere else.")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code.upper()) for code in CURRENCIES])
    amount_minor = models.BigIntegerField(_("amount in minor units"), null=True, blank=True)
    starts_at = models.DateTimeField(_("starts"))
    set_at = models.DateTimeField(_("set"))

    class Meta:
        verbose_name = _("price of a tier")
        verbose_name_plural = _("prices of tiers")
        ordering = ["tier", "country", "-starts_at", "-pk"]
        indexes = [models.Index(fields=["tier", "country", "-starts_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) | Q(amount_minor__isnull=True) & ~Q(country=""),
                name="a_tier_has_a_price_everywhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier} {self.country} {self.price or '–'}"

    @property
    def price(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)
