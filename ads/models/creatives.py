"""What is shown: a video of ours, made from what was uploaded, or a card for the chat."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ads.models.campaigns import Campaign

FOLDER = "ads"
MP4, HLS = "ad.mp4", "ad.m3u8"


class Creative(models.Model):
    class Kind(models.TextChoices):
        VIDEO = "video", _("video")
        CARD = "card", _("card for the chat")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("being prepared")
        FAILED = "failed", _("could not be prepared")
        REVIEW = "review", _("waits for review")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="creatives", verbose_name=_("campaign"))
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=60)
    text = models.CharField(_("text"), max_length=140, blank=True, help_text=_("Of a card."))
    click_url = models.URLField(_("leads to"), max_length=500, validators=[URLValidator(schemes=["https", "http"])])
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.UPLOADED)
    reason = models.CharField(_("why it was rejected"), max_length=200, blank=True)
    upload = models.CharField(_("upload"), max_length=120, blank=True, editable=False)
    folder = models.CharField(_("folder"), max_length=32, blank=True, editable=False)
    progress = models.PositiveSmallIntegerField(_("prepared, in percent"), default=0, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    duration_ms = models.PositiveIntegerField(_("length in ms"), default=0, editable=False)
    width = models.PositiveSmallIntegerField(_("width"), default=0, editable=False)
    height = models.PositiveSmallIntegerField(_("height"), default=0, editable=False)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("creative")
        verbose_name_plural = _("creatives")
        ordering = ["campaign", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="video", state__in=["review", "approved"]) | Q(duration_ms__gt=0),
                name="a_video_has_a_length",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign}: {self.title}"

    @property
    def is_video(self) -> bool:
        return self.kind == self.Kind.VIDEO

    @property
    def is_prepared(self) -> bool:
        return self.state not in (self.State.UPLOADED, self.State.FAILED)

    @property
    def video_url(self) -> str:
        return f"{settings.MEDIA_URL}{FOLDER}/{self.folder}/{MP4}" if self.folder else ""

    @property
    def hls_url(self) -> str:
        return f"{settings.MEDIA_URL}{FOLDER}/{self.folder}/{HLS}" if self.folder else ""

    @property
    def domain(self) -> str:
        """Where a click leads, as people read it."""
        return (urlsplit(self.click_url).hostname or "").removeprefix("www.")
