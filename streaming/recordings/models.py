import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel


class RecordingPolicy(models.Model):
    """What a channel keeps of its broadcasts. A channel without a row records, and keeps for ever."""

    channel = models.OneToOneField(Channel, models.CASCADE, related_name="recording_policy", verbose_name=_("channel"))
    is_on = models.BooleanField(_("record broadcasts"), default=True)
    keep_days = models.PositiveSmallIntegerField(
        _("keep for so many days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Empty: until they are deleted."),
    )
    viewers_may_download = models.BooleanField(_("viewers may download"), default=False)

    class Meta:
        verbose_name = _("recording policy")
        verbose_name_plural = _("recording policies")

    def __str__(self) -> str:
        return self.channel.name


class RecordingQuerySet(models.QuerySet["Recording"]):
    def shown(self) -> "RecordingQuerySet":
        """Those that are neither gone nor going."""
        return self.exclude(state=Recording.State.DELETING)

    def playable(self) -> "RecordingQuerySet":
        return self.filter(state=Recording.State.READY)

    def with_work(self, *, is_remote: bool) -> "RecordingQuerySet":
        """Those for which there is something to do, when storing means sending them away or when it doesn't."""
        ready = Q(state=Recording.State.READY)
        wanted = Q(has_storyboard_tried=False) | Q(download_state=Recording.Download.WANTED) | ~Q(old_key="")
        if is_remote:
            wanted |= Q(is_stored=False) | Q(is_local=True)
        return self.filter(Q(state__in=[Recording.State.PROCESSING, Recording.State.DELETING]) | (ready & wanted))

    def free(self, now: datetime) -> "RecordingQuerySet":
        """Those that no worker holds, and whose next try is due."""
        unheld = Q(held_until__isnull=True) | Q(held_until__lte=now)
        return self.filter(unheld & (Q(next_try_at__isnull=True) | Q(next_try_at__lte=now)))


class Recording(models.Model):
    """What was sent on one media path of a broadcast.

    `key` names its directory and its objects, and is what an address is signed for: changing it makes every address
    given out before worth nothing. `visibility` is who could see it when it was live.
    """

    class State(models.TextChoices):
        RECORDING = "recording", _("being recorded")
        PROCESSING = "processing", _("being prepared")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")
        DELETING = "deleting", _("being deleted")

    class Download(models.TextChoices):
        NONE = "", _("none")
        WANTED = "wanted", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    broadcast = models.ForeignKey(
        "streaming.Broadcast", models.CASCADE, related_name="recordings", verbose_name=_("broadcast")
    )
    media_path = models.CharField(_("media path"), max_length=32, unique=True)
    key = models.CharField(_("directory"), max_length=32, unique=True)
    old_key = models.CharField(
        _("former directory"), max_length=32, blank=True, help_text=_("Where its files still are after a change.")
    )
    visibility = models.CharField(_("visibility"), max_length=24, default="public")
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.RECORDING)
    started_at = models.DateTimeField(_("started at"))
    stop_reason = models.CharField(
        _("why it stopped"), max_length=16, blank=True, help_text=_("Why it ends before its broadcast.")
    )
    problem = models.CharField(_("problem"), max_length=16, blank=True, help_text=_("What went wrong last."))
    problem_detail = models.CharField(_("details of the problem"), max_length=300, blank=True)
    duration_s = models.FloatField(_("length (s)"), default=0)
    size_bytes = models.BigIntegerField(_("size (bytes)"), default=0)
    keep_until = models.DateTimeField(_("kept until"), null=True, blank=True)

    has_storyboard_tried = models.BooleanField(default=False, editable=False)
    storyboard = models.JSONField(null=True, blank=True, editable=False)
    download_state = models.CharField(_("download"), max_length=16, choices=Download.choices, blank=True)
    downloads = models.JSONField(default=list, blank=True, editable=False)
    progress_percent = models.PositiveSmallIntegerField(default=0, editable=False)
    task = models.CharField(
        _("task"), max_length=16, blank=True, editable=False, help_text=_("What is being done with it now.")
    )

    is_local = models.BooleanField(_("on this server"), default=True)
    stored_files = models.JSONField(
        _("stored files"), default=list, blank=True, help_text=_("What the storage has confirmed.")
    )
    is_stored = models.BooleanField(_("stored"), default=False, help_text=_("That is all of it."))
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(_("next try at"), null=True, blank=True, editable=False)
    held_until = models.DateTimeField(_("held until"), null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["Recording"]] = RecordingQuerySet.as_manager()

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        ordering = ["-started_at"]
        indexes = [
            models.Index(fields=["broadcast", "started_at"]),
            models.Index(fields=["state", "next_try_at"]),
            models.Index(fields=["keep_until"], condition=Q(keep_until__isnull=False), name="recordings_that_expire"),
        ]

    def __str__(self) -> str:
        return f"{self.broadcast} ({self.get_state_display()})"

    @property
    def duration(self) -> timedelta:
        return timedelta(seconds=round(self.duration_s))


class RecordedRendition(models.Model):
    """One rendition of a recording, and its playlist as the recorder wrote it: which bytes are which segment."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="renditions", verbose_name=_("recording"))
    name = models.CharField(max_length=32)
    codecs = models.CharField(max_length=80)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    frame_rate = models.FloatField(default=0)
    bandwidth = models.PositiveBigIntegerField()
    average_bandwidth = models.PositiveBigIntegerField()
    size_bytes = models.BigIntegerField()
    recorded_s = models.FloatField()
    playlist = models.TextField()

    class Meta:
        verbose_name = _("recorded rendition")
        verbose_name_plural = _("recorded renditions")
        ordering = ["recording", "-bandwidth"]
        constraints = [models.UniqueConstraint(fields=["recording", "name"], name="one_row_a_recorded_rendition")]

    def __str__(self) -> str:
        return f"{self.recording_id}: {self.name}"
