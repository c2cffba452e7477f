"""Tips, and which channels take them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, User
from monetization.currencies import CURRENCIES
from monetization.models.payments import Payment
from monetization.money import Money

MESSAGE_LENGTH = 200


class TipSettings(models.Model):
    """What a channel takes as tips."""

    channel = models.OneToOneField(Channel, models.CASCADE, related_name="tip_settings", verbose_name=_("channel"))
    is_on = models.BooleanField(_("takes tips"), default=False)
    currency = models.CharField(
        _("currency"), max_length=3, default="eur", choices=[(code, code.upper()) for code in CURRENCIES]
    )
    least_minor = models.BigIntegerField(_("least amount in minor units"), default=100)
    most_minor = models.BigIntegerField(_("most amount in minor units"), default=50_000)
    overlay_version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("tip settings")
        verbose_name_plural = _("tip settings")
        ordering = ["channel__name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(least_minor__gt=0, most_minor__gte=models.F("least_minor")), name="tips_have_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.channel.name}"

    @property
    def least(self) -> Money:
        """Never below what the gateway takes."""
        return Money(max(self.least_minor, CURRENCIES[self.currency].minimum_minor), self.currency)

    @property
    def most(self) -> Money:
        return Money(max(self.most_minor, self.least.amount_minor), self.currency)


class TipQuerySet(models.QuerySet["Tip"]):
    def paid(self) -> "TipQuerySet":
        return self.filter(payment__state=Payment.State.PAID)


class Tip(models.Model):
    """A present of money with a few words, which may be held until somebody of the crew has read them."""

    class Words(models.TextChoices):
        SHOWN = "shown", _("shown")
        HELD = "held", _("held")
        DROPPED = "dropped", _("dropped")

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="tip", verbose_name=_("payment"))
    message = models.CharField(_("message"), max_length=MESSAGE_LENGTH, blank=True)
    is_anonymous = models.BooleanField(_("without the giver's name"), default=False)
    words = models.CharField(_("words are"), max_length=8, choices=Words.choices, default=Words.SHOWN)

    objects: ClassVar[models.Manager["Tip"]] = TipQuerySet.as_manager()

    class Meta:
        verbose_name = _("tip")
        verbose_name_plural = _("tips")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["words"], condition=Q(words="held"), name="tips_with_held_words")]

    def __str__(self) -> str:
        return str(self.payment)

    @property
    def shown_giver(self) -> User | None:
        """Who is told to have given it; nobody where the giver chose so, or has left."""
        return None if self.is_anonymous or not self.payment.payer.is_active else self.payment.payer

    @property
    def shown_message(self) -> str:
        return self.message if self.words == self.Words.SHOWN else ""
