"""What readers arrange for themselves."""

from django.conf import settings
from django.db import models

from accounts.models import Channel


class HiddenPerson(models.Model):
    """Somebody whose lines a reader doesn't want to see on a channel. Nobody else is told."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="hidden_people")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="hidden_people")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="hidden_by")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "channel", "person"], name="hidden_once_a_channel")]

    def __str__(self) -> str:
        return f"{self.user}: {self.person} on {self.channel}"
