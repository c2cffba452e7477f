"""When creators are paid, and what stands on their statements."""

from typing import Self

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

LONGEST_DETAILS = 500


class Rhythm(models.TextChoices):
    BY_HAND = "by_hand", _("when it is asked for")
    WEEKLY = "weekly", _("each week")
    MONTHLY = "monthly", _("each month")


class PayoutSettings(models.Model):
    """One row: what an administrator decides for everybody."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    rhythm = models.CharField(
        _("paid"),
        max_length=8,
        choices=Rhythm.choices,
        default=Rhythm.BY_HAND,
        help_text=_("Those who chose nothing else. Weeks begin on Monday, months on the first, by UTC."),
    )
    payer = models.TextField(
        _("who pays"),
        validators=[MaxLengthValidator(LONGEST_DETAILS)],
        blank=True,
        help_text=_("Name, address and tax number, as they are to stand on statements."),
    )

    class Meta:
        verbose_name = _("payout settings")
        verbose_name_plural = _("payout settings")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_row_of_payout_settings")]

    def __str__(self) -> str:
        return str(_("payout settings"))

    @classmethod
    def load(cls) -> Self:
        """The row, or the defaults until somebody saves one."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class PayoutPlan(models.Model):
    """When somebody wants to be paid, and who they are on their statements."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="payout_plan", verbose_name=_("person")
    )
    rhythm = models.CharField(_("paid"), max_length=8, choices=Rhythm.choices, blank=True)
    seller = models.TextField(_("seller’s details"), validators=[MaxLengthValidator(LONGEST_DETAILS)], blank=True)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("payout plan")
        verbose_name_plural = _("payout plans")
        ordering = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_rhythm_display() if self.rhythm else '–'}"


class PayoutRun(models.Model):
    """A week or month whose payouts were made, or are being made: `occasion` is 2026-W48 or 2026-12."""

    rhythm = models.CharField(_("paid"), max_length=8, choices=Rhythm.choices)
    occasion = models.CharField(_("occasion"), max_length=8, unique=True)
    begun_at = models.DateTimeField(_("begun"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    count = models.PositiveIntegerField(_("payouts"), default=0)

    class Meta:
        verbose_name = _("payout run")
        verbose_name_plural = _("payout runs")
        ordering = ["-begun_at", "-pk"]

    def __str__(self) -> str:
        return self.occasion
