"""What a channel collects tips for."""

from datetime import datetime
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from monetization.currencies import CURRENCIES
from monetization.money import Money

TITLE_LENGTH = 80


class TipGoalQuerySet(models.QuerySet["TipGoal"]):
    def running(self, at: datetime) -> "TipGoalQuerySet":
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), closed_at__isnull=True, starts_at__lte=at)


class TipGoal(models.Model):
    """An amount that tips are to sum to, from when it was set until its end, if it has one. A channel has one open."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="tip_goals", verbose_name=_("channel"))
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code.upper()) for code in CURRENCIES])
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects: ClassVar[models.Manager["TipGoal"]] = TipGoalQuerySet.as_manager()

    class Meta:
        verbose_name = _("goal of tips")
        verbose_name_plural = _("goals of tips")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="goals_are_of_something"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="goals_end_after_start"
            ),
            models.UniqueConstraint(
                fields=["channel"], condition=Q(closed_at__isnull=True), name="one_open_goal_a_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.channel.name}: {self.title}"

    def clean(self) -> None:
        if not self.title.isprintable():
            raise ValidationError({"title": _("This is one line of printable text.")})

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
