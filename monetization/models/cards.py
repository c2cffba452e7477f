"""Who somebody is to the gateway, and the cards they let it keep. No card number ever comes here."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from monetization.countries import validate_country


class Customer(models.Model):
    """Somebody who saved a card, as the gateway knows them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="customer")
    provider_id = models.CharField(_("number at the gateway"), max_length=64, unique=True)
    country = models.CharField(
        _("billing country"),
        max_length=2,
        blank=True,
        validators=[validate_country],
        help_text=_("Empty: that of the card."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.user}: {self.provider_id}"


class Card(models.Model):
    """A card that the gateway keeps for somebody: what people know it by."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cards")
    provider_id = models.CharField(_("number at the gateway"), max_length=64, unique=True)
    brand = models.CharField(_("brand"), max_length=32)
    last4 = models.CharField(_("last digits"), max_length=4)
    exp_month = models.PositiveSmallIntegerField(_("month it expires"))
    exp_year = models.PositiveSmallIntegerField(_("year it expires"))
    country = models.CharField(_("country"), max_length=2, blank=True)
    is_default = models.BooleanField(_("used first"), default=False)
    added_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        ordering = ["-is_default", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_default=True), name="one_card_is_used_first"),
        ]

    def __str__(self) -> str:
        return f"{self.brand.capitalize()} •••• {self.last4}"

    @property
    def expires(self) -> str:
        """As it stands on the card."""
        return f"{self.exp_month:02}/{self.exp_year % 100:02}"
