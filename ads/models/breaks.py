"""Breaks in a broadcast."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from streaming.models import Broadcast


class AdBreak(models.Model):
    """A break, announced before it begins. Without `by` the schedule called it."""

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="ad_breaks", verbose_name=_("broadcast"))
    starts_at = models.DateTimeField(_("starts"))
    seconds = models.PositiveSmallIntegerField(_("length in seconds"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("break")
        verbose_name_plural = _("breaks")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(seconds__gte=30, seconds__lte=180), name="a_break_has_bounds"),
        ]
        indexes = [models.Index(fields=["broadcast", "-starts_at"])]

    def __str__(self) -> str:
        return f"{self.broadcast} {self.starts_at:%H:%M:%S}"
