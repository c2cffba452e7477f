"""Raids: a channel's viewers sent to another one, and from whom a channel takes them."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel

COUNTDOWN_S = (5, 60)


class RaidSetup(models.Model):
    """What a channel has chosen; one without a row has what a new one has.

    By default raids come from channels that its owner follows: a crowd in one's chat is a gift from friends, and how
    strangers make trouble. Who wants them from everyone says so.
    """

    class From(models.TextChoices):
        EVERYONE = "everyone", _("from every channel")
        FOLLOWED = "followed", _("from channels that the owner follows")
        NONE = "none", _("from none")

    channel = models.OneToOneField(Channel, models.CASCADE, related_name="raid_setup", verbose_name=_("channel"))
    raids_from = models.CharField(_("raids are taken"), max_length=16, choices=From.choices, default=From.FOLLOWED)

    def __str__(self) -> str:
        return f"{self.channel}: {self.get_raids_from_display()}"


class RaidQuerySet(models.QuerySet["Raid"]):
    def counting(self) -> "RaidQuerySet":
        return self.filter(state=Raid.State.COUNTING)

    def due(self, now: datetime) -> "RaidQuerySet":
        return self.counting().filter(leaves_at__lte=now)


class Raid(models.Model):
    """A channel on its way to another: it counts down, and then is sent or was cancelled."""

    class State(models.TextChoices):
        COUNTING = "counting", _("counting down")
        SENT = "sent", _("sent")
        CANCELLED = "cancelled", _("called off")

    source = models.ForeignKey(Channel, models.CASCADE, related_name="raids_sent", verbose_name=_("raiding channel"))
    target = models.ForeignKey(Channel, models.CASCADE, related_name="raids_received", verbose_name=_("raided channel"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="raids_announced")
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.COUNTING)
    announced_at = models.DateTimeField()
    leaves_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True)
    viewers = models.PositiveIntegerField(_("viewers"), default=0, help_text=_("How many were there when it was sent."))

    objects: ClassVar[models.Manager["Raid"]] = RaidQuerySet.as_manager()

    class Meta:
        ordering = ["-announced_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=Q(state="counting"), name="one_raid_at_a_time"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="raids_lead_elsewhere"),
            models.CheckConstraint(
                condition=Q(state="counting", over_at__isnull=True) | (~Q(state="counting") & Q(over_at__isnull=False)),
                name="raids_are_over_or_count",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "-announced_at"]),
            models.Index(fields=["leaves_at"], condition=Q(state="counting"), name="raids_counting"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
