"""What the gateway told us, each once."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def waiting(self) -> "WebhookEventQuerySet":
        return self.filter(handled_at__isnull=True, attempts__lt=WebhookEvent.MAX_ATTEMPTS)

    def overdue(self, now: datetime, after: timedelta) -> "WebhookEventQuerySet":
        return self.waiting().filter(received_at__lt=now - after)


class WebhookEvent(models.Model):
    """An event of the gateway: a reason to ask it again, not a fact."""

    MAX_ATTEMPTS = 20

    provider = models.CharField(_("gateway"), max_length=16, default="stripe")
    event_id = models.CharField(_("number there"), max_length=64)
    type = models.CharField(_("type"), max_length=64)
    object_id = models.CharField(_("what it is about"), max_length=64)
    payload = models.JSONField(_("what it said"))
    happened_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"))
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)

    objects: ClassVar[models.Manager["WebhookEvent"]] = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event of the gateway")
        verbose_name_plural = _("events of the gateway")
        ordering = ["-received_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="events_are_kept_once")]
        indexes = [
            models.Index(fields=["received_at"], condition=Q(handled_at__isnull=True), name="events_to_handle"),
            models.Index(fields=["provider", "-happened_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
