"""What moderators do and know: bans, timeouts, warnings, notes, and messages that wait for them."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from chat.models.messages import LONGEST, Message
from chat.models.rooms import Room

LONGEST_REASON = 200
SHORTEST_TIMEOUT, LONGEST_TIMEOUT = timedelta(seconds=1), timedelta(days=14)


class SanctionQuerySet(models.QuerySet["Sanction"]):
    def in_force(self, now: datetime) -> "SanctionQuerySet":
        """Bans and timeouts that hold now, and warnings that were not acknowledged."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=now), lifted_at__isnull=True)


class Sanction(models.Model):
    """Somebody was banned, sent out for a while, or warned, on all of a channel's rooms."""

    class Kind(models.TextChoices):
        BAN = "ban", _("ban")
        TIMEOUT = "timeout", _("timeout")
        WARNING = "warning", _("warning")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="sanctions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sanctions")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="sanctions_given")
    created_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When it was taken back, or the warning acknowledged.")
    )

    objects: ClassVar[models.Manager["Sanction"]] = SanctionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="timeout", until__isnull=False) | (~Q(kind="timeout") & Q(until__isnull=True)),
                name="timeouts_end_and_nothing_else",
            ),
            models.UniqueConstraint(
                fields=["channel", "user"], condition=Q(kind="ban", lifted_at__isnull=True), name="one_ban_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["channel", "user", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user} on {self.channel}"


class ModeratorNote(models.Model):
    """What moderators tell each other about somebody."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="moderator_notes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="moderator_notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="moderator_notes_written")
    text = models.CharField(_("text"), max_length=500)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["channel", "user", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.user} on {self.channel}"


class HeldMessageQuerySet(models.QuerySet["HeldMessage"]):
    def waiting(self) -> "HeldMessageQuerySet":
        return self.filter(decided_at__isnull=True)


class HeldMessage(models.Model):
    """A message that waits for a moderator. It gets its number when it is let through."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="held_messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="chat_messages_held")
    text = models.TextField(_("text"), max_length=LONGEST)
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    reply_to = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="held_replies")
    facts = models.JSONField(default=dict, blank=True)
    why = models.CharField(_("held for"), max_length=LONGEST_REASON)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="chat_messages_decided"
    )
    is_allowed = models.BooleanField(_("let through"), default=False)

    objects: ClassVar[models.Manager["HeldMessage"]] = HeldMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["room", "author", "client_id"], condition=Q(client_id__isnull=False), name="held_once"
            ),
        ]
        indexes = [
            models.Index(fields=["room", "created_at"], condition=Q(decided_at__isnull=True), name="held_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"
