import secrets
import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel


def new_media_path() -> str:
    """128 random bits: the directory of a broadcast's files, and what a playback token covers."""
    return secrets.token_hex(16)


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def on_air(self) -> "BroadcastQuerySet":
        return self.filter(state__in=Broadcast.ON_AIR)

    def live(self) -> "BroadcastQuerySet":
        return self.filter(state=Broadcast.State.LIVE)

    def public(self) -> "BroadcastQuerySet":
        return self.filter(channel__is_suspended=False)

    def out_of_grace(self, now: datetime) -> "BroadcastQuerySet":
        """Interrupted for longer than their channel waits."""
        grace = models.ExpressionWrapper(
            models.F("interrupted_at") + models.F("channel__grace_s") * timedelta(seconds=1),
            output_field=models.DateTimeField(),
        )
        return (
            self.filter(state=Broadcast.State.INTERRUPTED).annotate(grace_ends_at=grace).filter(grace_ends_at__lte=now)
        )


class Broadcast(models.Model):
    """One time on air, over as many encoder sessions as it takes."""

    class State(models.TextChoices):
        LIVE = "live", _("live")
        INTERRUPTED = "interrupted", _("interrupted")
        ENDED = "ended", _("ended")

    class EndReason(models.TextChoices):
        GRACE_OVER = "grace_over", _("the encoder did not come back")
        ENDED = "ended", _("ended in the studio")
        SUSPENDED = "suspended", _("channel suspended")
        REFUSED = "refused", _("stream refused")

    ON_AIR = (State.LIVE, State.INTERRUPTED)
    visibility = "public"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="broadcasts")
    title = models.CharField(max_length=140, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.LIVE)
    started_at = models.DateTimeField()
    interrupted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=16, choices=EndReason.choices, blank=True)
    media_path = models.CharField(max_length=32, unique=True, default=new_media_path, editable=False)
    media_closed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("When its playlists got their end.")
    )

    objects: ClassVar[models.Manager["Broadcast"]] = BroadcastQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=Q(state__in=["live", "interrupted"]),
                name="one_broadcast_on_air_a_channel",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | Q(~Q(state="ended"), ended_at__isnull=True),
                name="ended_at_says_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state="interrupted") | Q(interrupted_at__isnull=False), name="interrupted_since_when"
            ),
        ]
        indexes = [models.Index(fields=["state", "started_at"])]

    def __str__(self) -> str:
        return f"{self.channel.name} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_on_air(self) -> bool:
        return self.state in self.ON_AIR

    @property
    def display_title(self) -> str:
        return self.title or self.channel.display_title


class IngestSession(models.Model):
    """One encoder connected once. `name` is the stream's name inside ingest and appears nowhere else."""

    name = models.CharField(max_length=32, unique=True, default=new_media_path, editable=False)
    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="sessions")
    node = models.CharField(max_length=32)
    boot = models.CharField(max_length=32, help_text=_("Which start of ingest its client number belongs to."))
    client_id = models.CharField(max_length=20)
    address = models.GenericIPAddressField()
    encoder = models.CharField(max_length=120, blank=True)
    is_standby = models.BooleanField(
        default=False, help_text=_("It published with ?standby=1 behind its key: any other encoder takes its place.")
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast"], condition=Q(ended_at__isnull=True), name="one_open_session_a_broadcast"
            ),
        ]
        indexes = [models.Index(fields=["node", "boot", "client_id"])]

    def __str__(self) -> str:
        return f"{self.broadcast} from {self.address}"


class Refusal(models.Model):
    """An encoder that was turned away, kept for the channel's owner to read."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="refusals")
    at = models.DateTimeField()
    code = models.CharField(max_length=32)
    message = models.CharField(max_length=300)
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["channel", "-at"])]

    def __str__(self) -> str:
        return f"{self.channel.name}: {self.message}"


# Models in a room of their own belong to the app all the same.
from streaming.recordings import models as recording_models  # noqa: E402, F401
