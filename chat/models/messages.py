"""What was said in a room, in one order for all."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chat.models.rooms import Audience, Room

LONGEST = 500
SAID = "said"


class MessageQuerySet(models.QuerySet["Message"]):
    def shown(self, now: datetime) -> "MessageQuerySet":
        """What everybody who may read the room sees."""
        return self.due(now).filter(deleted_at__isnull=True)

    def due(self, now: datetime) -> "MessageQuerySet":
        """All but what a delay holds back; deleted ones too."""
        return self.filter(Q(shown_at__lte=now) | Q(shown_at=F("created_at")))

    def for_readers(self, audience: Audience) -> "MessageQuerySet":
        """What was said to an audience, or to a wider one."""
        return self.filter(read_by__in=audience.with_wider)

    def to_describe(self) -> "MessageQuerySet":
        return self.select_related("author", "reply_to__author")


class Message(models.Model):
    """One line of a room. `seq` counts the room's lines without a hole; system messages have a kind and no author."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    seq = models.BigIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="chat_messages"
    )
    kind = models.CharField(_("kind"), max_length=32, default=SAID)
    text = models.TextField(_("text"), max_length=LONGEST, blank=True, validators=[MaxLengthValidator(LONGEST)])
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    key = models.CharField(  # noqa: DJ001
        max_length=80, null=True, blank=True, editable=False, help_text=_("What is told only once.")
    )
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    read_by = models.CharField(
        _("read by"),
        max_length=16,
        choices=Audience.choices,
        default=Audience.EVERYONE,
        editable=False,
        help_text=_("Whom the room was for when it was said."),
    )
    fingerprint = models.CharField(max_length=16, blank=True, editable=False)
    badges = models.JSONField(default=list, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    shown_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="chat_messages_deleted"
    )

    objects: ClassVar[models.Manager["Message"]] = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["room", "-seq"]
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_message_a_number"),
            models.UniqueConstraint(
                fields=["room", "author", "client_id"],
                condition=Q(client_id__isnull=False),
                name="one_message_a_client_id",
            ),
            models.UniqueConstraint(fields=["room", "key"], condition=Q(key__isnull=False), name="one_message_a_key"),
        ]
        indexes = [
            models.Index(fields=["author", "-created_at"]),
            models.Index(fields=["room", "shown_at"]),
            models.Index(
                fields=["room", "fingerprint", "-created_at"], condition=~Q(fingerprint=""), name="said_before"
            ),
            models.Index(fields=["room", "deleted_at"], condition=Q(deleted_at__isnull=False), name="messages_deleted"),
        ]

    def __str__(self) -> str:
        return f"{self.room} {self.seq}"
