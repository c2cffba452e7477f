"""Rooms: whom they are for, and the modes in force."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel

SLOW_S = (3, 120)
DELAYS_S = (0, 2, 4, 6)
MOST_FOLLOW_MIN = 129_600
# One switch: followers of a while, slowly, and nothing twice.
RAID_FOLLOW_MIN, RAID_SLOW_S = 10, 10


class Audience(models.TextChoices):
    """Whom a room is for."""

    EVERYONE = "everyone", _("Everyone")
    FOLLOWERS = "followers", _("Followers")
    SUBSCRIBERS = "subscribers", _("Subscribers")
    MODERATORS = "moderators", _("Moderators")

    @property
    def with_wider(self) -> list["Audience"]:
        """This one and all that hold more people: what those may read who belong to this one."""
        audiences = list(Audience)
        return audiences[: audiences.index(self) + 1]

    def holds(self, other: "Audience | str") -> bool:
        """Whether those of another audience belong to this one: all of it is theirs to read as well."""
        return self in Audience(other).with_wider


class RoomQuerySet(models.QuerySet["Room"]):
    def of_channel(self) -> "RoomQuerySet":
        """Those that a channel has by itself, without the chats of what takes place there."""
        return self.filter(place="")


class Room(models.Model):
    """A channel's chat, or one of them. Modes lie over what is set for good, so that each ends by being taken away."""

    class SubscribersOnly(models.TextChoices):
        OFF = "", _("off")
        WRITE = "write", _("for writing")
        ALL = "all", _("for reading and writing")

    class Links(models.TextChoices):
        EVERYONE = "everyone", _("from everyone")
        SUBSCRIBERS = "subscribers", _("from subscribers")
        MODERATORS = "moderators", _("from moderators and VIPs")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="rooms")
    name = models.CharField(_("name"), max_length=32)
    place = models.CharField(
        _("place"),
        max_length=64,
        blank=True,
        # A process of before this column still adds rows while it is replaced.
        db_default="",
        default="",
        editable=False,
        help_text=_("Whose chat it is."),
    )
    is_main = models.BooleanField(_("main room"), default=False, editable=False)
    read_by = models.CharField(_("read by"), max_length=16, choices=Audience.choices, default=Audience.EVERYONE)
    write_by = models.CharField(_("written by"), max_length=16, choices=Audience.choices, default=Audience.EVERYONE)
    read_follow_min = models.PositiveIntegerField(
        _("minutes of following to read"), default=0, validators=[MaxValueValidator(MOST_FOLLOW_MIN)]
    )
    write_follow_min = models.PositiveIntegerField(
        _("minutes of following to write"), default=0, validators=[MaxValueValidator(MOST_FOLLOW_MIN)]
    )
    slow_s = models.PositiveSmallIntegerField(
        _("slow mode (s)"), default=0, validators=[MinValueValidator(0), MaxValueValidator(SLOW_S[1])]
    )
    followers_only_min = models.PositiveIntegerField(
        _("followers only (minutes)"), null=True, blank=True, validators=[MaxValueValidator(MOST_FOLLOW_MIN)]
    )
    subscribers_only = models.CharField(
        _("subscribers only"), max_length=8, choices=SubscribersOnly.choices, default=SubscribersOnly.OFF, blank=True
    )
    subscribers_only_until = models.DateTimeField(_("subscribers only until"), null=True, blank=True)
    is_emote_only = models.BooleanField(_("emotes only"), default=False)
    is_unique = models.BooleanField(_("unique messages only"), default=False)
    delay_s = models.PositiveSmallIntegerField(
        _("moderator delay (s)"), default=0, choices=[(seconds, str(seconds)) for seconds in DELAYS_S]
    )
    links = models.CharField(_("links"), max_length=16, choices=Links.choices, default=Links.EVERYONE)
    is_raid_defended = models.BooleanField(_("raid defence"), default=False)
    pinned = models.ForeignKey(
        "chat.Message", models.SET_NULL, null=True, blank=True, editable=False, related_name="pinned_in"
    )
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="chat_pins"
    )
    pinned_until = models.DateTimeField(null=True, blank=True, editable=False)
    overlay_version = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Of the address of its overlay; 0 before there is one.")
    )
    overlay_read_by = models.CharField(
        max_length=16, choices=Audience.choices, default=Audience.EVERYONE, editable=False
    )
    last_seq = models.BigIntegerField(default=0, editable=False)
    delayed_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[RoomQuerySet] = RoomQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["channel", "-is_main", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["channel"], condition=Q(is_main=True), name="one_main_room_a_channel"),
            models.UniqueConstraint(
                fields=["channel", "name"],
                condition=Q(place=""),
                name="room_names_differ",
                violation_error_message=_("There is a room of this name already."),
            ),
            models.UniqueConstraint(fields=["place"], condition=~Q(place=""), name="one_room_a_place"),
            models.CheckConstraint(condition=Q(slow_s=0) | Q(slow_s__range=SLOW_S), name="slow_mode_in_bounds"),
            models.CheckConstraint(condition=Q(delay_s__in=DELAYS_S), name="delay_is_one_of_four"),
            models.CheckConstraint(
                condition=Q(followers_only_min__isnull=True) | Q(followers_only_min__lte=MOST_FOLLOW_MIN),
                name="followers_only_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}"

    def clean(self) -> None:
        if isinstance(self.slow_s, int) and 0 < self.slow_s < SLOW_S[0]:
            raise ValidationError({"slow_s": _("Slow mode is 3 to 120 seconds, or 0 for none.")})
        if not str(self.name).isprintable():
            raise ValidationError({"name": _("This is one line of printable text.")})

    @property
    def topic(self) -> str:
        return f"chat.room.{self.pk}"

    def subscribers_only_at(self, now: datetime) -> str:
        """Whether the room is the subscribers' for now, and for what."""
        is_over = self.subscribers_only_until is not None and self.subscribers_only_until <= now
        return "" if is_over else self.subscribers_only

    def readers_at(self, now: datetime) -> Audience:
        """Whom it is for at a moment: as it is set, or the subscribers under the mode that takes the rest away."""
        is_closed = self.subscribers_only_at(now) == Room.SubscribersOnly.ALL
        audience = Audience(self.read_by)
        return Audience.SUBSCRIBERS if is_closed and audience.holds(Audience.SUBSCRIBERS) else audience

    @property
    def slow_now_s(self) -> int:
        return max(self.slow_s, RAID_SLOW_S) if self.is_raid_defended else self.slow_s

    @property
    def followers_only_now_min(self) -> int | None:
        if self.is_raid_defended:
            return max(self.followers_only_min or 0, RAID_FOLLOW_MIN)
        return self.followers_only_min

    @property
    def is_unique_now(self) -> bool:
        return self.is_unique or self.is_raid_defended
