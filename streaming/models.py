import secrets
import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from accounts.pictures import SMALL, picture_url
from streaming import gates
from streaming.errors import message_for
from streaming.languages import LANGUAGES


def new_media_path() -> str:
    """128 random bits: the directory of a broadcast's files, and what a playback token covers."""
    return secrets.token_hex(16)


class Visibility(models.TextChoices):
    """Who may see a broadcast. Floors above add their own through streaming.gates, so no column is bound to these."""

    PUBLIC = "public", _("Public")
    UNLISTED = "unlisted", _("Unlisted")
    FOLLOWERS = "followers", _("Followers")
    REHEARSAL = "rehearsal", _("Rehearsal")


class Category(models.Model):
    """What broadcasts are about; administrators keep the list."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    slug = models.SlugField(_("name in addresses"), max_length=60, unique=True, help_text=_("Its name in addresses."))
    about = models.CharField(_("about"), max_length=280, blank=True)
    picture = models.CharField(_("picture"), max_length=120, blank=True, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]
        indexes = [
            GinIndex(SearchVector("name", config="simple"), name="category_words"),
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="category_trigrams"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("category", args=[self.slug])

    @property
    def picture_url(self) -> str:
        return picture_url(self.picture, SMALL)


class Tag(models.Model):
    """A word that streamers put on their broadcasts, spelled one way (streaming.tags)."""

    name = models.CharField(_("name"), max_length=24, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Described(models.Model):
    """What a streamer says of a broadcast."""

    title = models.CharField(_("title"), max_length=140, blank=True)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, related_name="%(class)ss", verbose_name=_("category")
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="%(class)ss", verbose_name=_("tags"))
    language = models.CharField(_("language"), max_length=8, blank=True, choices=LANGUAGES)
    is_mature = models.BooleanField(_("for adults"), default=False, help_text=_("Viewers are warned before it plays."))

    class Meta:
        abstract = True

    def clean(self) -> None:
        if self.title and not self.title.isprintable():
            raise ValidationError({"title": _("A title is one line of printable text.")})


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def on_air(self) -> "BroadcastQuerySet":
        return self.filter(state__in=Broadcast.ON_AIR)

    def live(self) -> "BroadcastQuerySet":
        return self.filter(state=Broadcast.State.LIVE)

    def on_channel(self) -> "BroadcastQuerySet":
        """Those that their channels show, without what plays elsewhere alone."""
        return self.filter(is_on_channel=True)

    def placed(self) -> "BroadcastQuerySet":
        """Those that the house itself sends (streaming.placing)."""
        return self.exclude(place="")

    def seen_by_all(self) -> "BroadcastQuerySet":
        """Those that lists and search may name."""
        return self.filter(channel__is_suspended=False, visibility__in=gates.listed())

    def out_of_grace(self, now: datetime) -> "BroadcastQuerySet":
        """Interrupted for longer than their channel waits."""
        grace = models.ExpressionWrapper(
            models.F("interrupted_at") + models.F("channel__grace_s") * timedelta(seconds=1),
            output_field=models.DateTimeField(),
        )
        return (
            self.filter(state=Broadcast.State.INTERRUPTED).annotate(grace_ends_at=grace).filter(grace_ends_at__lte=now)
        )


class Broadcast(Described):
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
        TAKEN_DOWN = "taken_down", _("taken down after a report")

    ON_AIR = (State.LIVE, State.INTERRUPTED)
    # Whatever was given out of these is taken back at once.
    TAKEN_AWAY = (EndReason.SUSPENDED, EndReason.TAKEN_DOWN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="broadcasts", verbose_name=_("channel"))
    visibility = models.CharField(_("visibility"), max_length=24, default=Visibility.PUBLIC)
    place = models.CharField(
        _("place"),
        max_length=60,
        blank=True,
        # A process of before these columns still adds rows while it is replaced.
        db_default="",
        default="",
        editable=False,
        help_text=_("Where else than on its channel it plays: the house itself sends it, e.g. out of a Space."),
    )
    is_on_channel = models.BooleanField(_("shown by its channel"), default=True, db_default=True, editable=False)
    is_kept = models.BooleanField(
        _("recorded"), null=True, editable=False, help_text=_("Whether it is recorded, whatever its channel keeps.")
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.LIVE)
    started_at = models.DateTimeField(_("started at"))
    shown_at = models.DateTimeField(
        _("shown at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When it was first open to more than the channel's crew."),
    )
    interrupted_at = models.DateTimeField(_("interrupted at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=16, choices=EndReason.choices, blank=True)
    media_path = models.CharField(_("media path"), max_length=32, unique=True, default=new_media_path, editable=False)
    media_closed_at = models.DateTimeField(
        _("media closed at"), null=True, blank=True, editable=False, help_text=_("When its playlists got their end.")
    )
    viewers = models.PositiveIntegerField(
        _("viewers"), default=0, editable=False, help_text=_("How many watched when last counted.")
    )

    objects: ClassVar[models.Manager["Broadcast"]] = BroadcastQuerySet.as_manager()

    class Meta:
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=Q(state__in=["live", "interrupted"], is_on_channel=True),
                name="one_broadcast_on_air_a_channel",
            ),
            models.UniqueConstraint(
                fields=["place"],
                condition=Q(state__in=["live", "interrupted"]) & ~Q(place=""),
                name="one_broadcast_on_air_a_place",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | Q(~Q(state="ended"), ended_at__isnull=True),
                name="ended_at_says_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state="interrupted") | Q(interrupted_at__isnull=False), name="interrupted_since_when"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "started_at"]),
            models.Index(fields=["channel", "-started_at"]),
            models.Index(fields=["place"], condition=~Q(place=""), name="broadcast_place"),
            GinIndex(SearchVector("title", config="simple"), name="broadcast_words"),
            GinIndex(OpClass("title", name="gin_trgm_ops"), name="broadcast_trigrams"),
        ]

    def __str__(self) -> str:
        return f"{self.channel.name} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def on_show_since(self) -> datetime:
        """When viewers could first see it; a rehearsal before that isn't theirs to count."""
        return self.shown_at or self.started_at

    @property
    def length(self) -> timedelta | None:
        """How long viewers could see it, once it is over."""
        return self.ended_at - self.on_show_since if self.ended_at else None

    @property
    def is_on_air(self) -> bool:
        return self.state in self.ON_AIR

    @property
    def display_title(self) -> str:
        return self.title or self.channel.display_title


class IngestSession(models.Model):
    """One encoder connected once. `name` is the stream's name inside ingest and appears nowhere else."""

    name = models.CharField(max_length=32, unique=True, default=new_media_path, editable=False)
    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="sessions", verbose_name=_("broadcast"))
    node = models.CharField(_("node"), max_length=32)
    boot = models.CharField(
        _("boot"), max_length=32, help_text=_("Which start of ingest its client number belongs to.")
    )
    client_id = models.CharField(_("client number"), max_length=20)
    address = models.GenericIPAddressField(_("address"))
    encoder = models.CharField(_("encoder"), max_length=120, blank=True)
    is_standby = models.BooleanField(
        _("standby"),
        default=False,
        help_text=_("It published with ?standby=1 behind its key: any other encoder takes its place."),
    )
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("ingest session")
        verbose_name_plural = _("ingest sessions")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast"], condition=Q(ended_at__isnull=True), name="one_open_session_a_broadcast"
            ),
        ]
        indexes = [models.Index(fields=["node", "boot", "client_id"])]

    def __str__(self) -> str:
        return f"{self.broadcast}: {self.address}"


class Refusal(models.Model):
    """An encoder that was turned away, kept for the channel's owner to read."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="refusals", verbose_name=_("channel"))
    at = models.DateTimeField(_("at"))
    code = models.CharField(_("code"), max_length=32)
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    message = models.CharField(_("message"), max_length=300, help_text=_("As the log has it."))
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    encoder = models.CharField(_("encoder"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        ordering = ["-at"]
        indexes = [models.Index(fields=["channel", "-at"])]

    def __str__(self) -> str:
        return f"{self.channel.name}: {self.text}"

    @property
    def text(self) -> str:
        """Why, in the language that is active."""
        return message_for(self.code, self.facts) or self.message


class BroadcastSetup(Described):
    """What a channel's next broadcast begins with."""

    channel = models.OneToOneField(Channel, models.CASCADE, related_name="setup", verbose_name=_("channel"))
    visibility = models.CharField(_("visibility"), max_length=24, default=Visibility.PUBLIC)

    class Meta:
        verbose_name = _("broadcast setup")
        verbose_name_plural = _("broadcast setups")

    def __str__(self) -> str:
        return self.channel.name


class ScheduledBroadcastQuerySet(models.QuerySet["ScheduledBroadcast"]):
    def upcoming(self, now: datetime) -> "ScheduledBroadcastQuerySet":
        """Planned, and not long overdue."""
        earliest = now - ScheduledBroadcast.OVERDUE
        return self.filter(state=ScheduledBroadcast.State.PLANNED, starts_at__gte=earliest).order_by("starts_at", "pk")

    def due(self, now: datetime) -> "ScheduledBroadcastQuerySet":
        """Planned for about now. What isn't for everybody is waited for longer, lest it be shown to everybody."""
        own = ~Q(visibility="") & Q(starts_at__gt=now - ScheduledBroadcast.WAITED_FOR)
        begun = Q(starts_at__gte=now - ScheduledBroadcast.OVERDUE) | own
        planned = self.filter(begun, state=ScheduledBroadcast.State.PLANNED)
        return planned.filter(starts_at__lte=now + ScheduledBroadcast.EARLY)

    def seen_by_all(self) -> "ScheduledBroadcastQuerySet":
        return self.filter(channel__is_suspended=False)


class ScheduledBroadcast(Described):
    """A broadcast announced for a time. `sequence` counts its changes, as calendars want it (RFC 5545 3.8.7.4)."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        AIRED = "aired", _("on air or over")
        CANCELLED = "cancelled", _("cancelled")

    # An encoder that comes this much before or after the time is the one announced.
    EARLY, OVERDUE, WAITED_FOR = timedelta(minutes=30), timedelta(hours=1), timedelta(hours=6)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="schedule", verbose_name=_("channel"))
    about = models.TextField(_("about"), max_length=2000, blank=True)
    starts_at = models.DateTimeField(_("starts at"))
    duration_min = models.PositiveSmallIntegerField(_("planned length in minutes"), default=60)
    visibility = models.CharField(
        _("visibility"), max_length=24, blank=True, help_text=_("Empty: as the channel's broadcasts begin.")
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.PLANNED)
    sequence = models.PositiveIntegerField(_("changes"), default=0, editable=False)
    broadcast = models.OneToOneField(
        Broadcast,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="scheduled",
        editable=False,
        verbose_name=_("broadcast"),
    )
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    objects: ClassVar[models.Manager["ScheduledBroadcast"]] = ScheduledBroadcastQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled broadcast")
        verbose_name_plural = _("scheduled broadcasts")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["channel", "state", "starts_at"]),
            models.Index(fields=["state", "starts_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.channel.name} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def display_title(self) -> str:
        return self.title or self.channel.display_title

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.duration_min)


class BroadcastMinute(models.Model):
    """A minute of a broadcast in figures. `viewer_s` adds up over its samples: minutes watched are its sum / 60."""

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="minutes")
    at = models.DateTimeField(help_text=_("The minute's start."))
    viewers = models.PositiveIntegerField(help_text=_("The most at a time."))
    viewer_s = models.PositiveIntegerField(default=0)
    sampled_s = models.PositiveSmallIntegerField(default=0)
    latency_ms = models.PositiveIntegerField(null=True, blank=True, help_text=_("The median viewer's."))
    latency_p95_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["broadcast", "at"], name="one_row_a_minute")]

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.at:%H:%M}"


# Models in a room of their own belong to the app all the same.
from streaming.recordings import models as recording_models  # noqa: E402, F401
