"""How far the gateway's lists have been read, and what they say that the books don't."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Bookmark(models.Model):
    """Up to when one of the gateway's lists has been read to its end."""

    name = models.CharField(_("list"), max_length=32, unique=True)
    read_until = models.DateTimeField(_("read until"))

    class Meta:
        verbose_name = _("bookmark")
        verbose_name_plural = _("bookmarks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Difference(models.Model):
    """Something on which the gateway's balance and the ledger don't agree. It stays until somebody closes it."""

    class Kind(models.TextChoices):
        NOT_HERE = "not_here", _("not in the books")
        NOT_THERE = "not_there", _("not at the gateway")
        DIFFERS = "differs", _("another amount")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    about = models.CharField(_("what it is about"), max_length=120)
    currency = models.CharField(_("currency"), max_length=3)
    there_minor = models.BigIntegerField(_("at the gateway, in minor units"), default=0)
    here_minor = models.BigIntegerField(_("in the books, in minor units"), default=0)
    found_at = models.DateTimeField(_("found"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("difference to the gateway")
        verbose_name_plural = _("differences to the gateway")
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "currency", "there_minor", "here_minor"], name="a_difference_is_told_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_by__isnull=False) & ~Q(note=""),
                name="somebody_closes_a_difference_and_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.about}"
