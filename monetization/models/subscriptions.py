"""Who subscribes to which channel."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from monetization.models.tiers import Tier


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def running(self, at: datetime) -> "SubscriptionQuerySet":
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at)

    def lapsed_untold(self, now: datetime) -> "SubscriptionQuerySet":
        """Those that are over, and whose end nobody has been told of."""
        return self.filter(ends_at__lte=now, lapse_told_at__isnull=True)


class Subscription(models.Model):
    """Somebody subscribes to a channel, from a moment until another, or until further notice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscriptions")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="subscriptions")
    tier = models.ForeignKey(
        Tier,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="subscriptions",
        verbose_name=_("tier"),
        help_text=_("Empty: granted, with every perk."),
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True, help_text=_("Empty: until further notice."))
    is_founder = models.BooleanField(
        _("founder"), default=False, editable=False, help_text=_("Among the first ten that the channel had.")
    )
    lapse_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["Subscription"]] = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="subscriptions_end_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "user"]),
            models.Index(fields=["ends_at"], condition=Q(lapse_told_at__isnull=True), name="subscriptions_to_lapse"),
        ]

    def __str__(self) -> str:
        return f"{self.user} subscribes to {self.channel}"

    def clean(self) -> None:
        if self.ends_at and self.starts_at and self.ends_at < self.starts_at:
            raise ValidationError({"ends_at": _("It can't end before it starts.")})
        if self.tier and self.tier.channel_id != self.channel_id:
            raise ValidationError({"tier": _("This is a tier of another channel.")})
