"""Spaces, and who has a part in one beyond listening."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.hues import hue_of
from accounts.models import Channel, User
from monetization.models import TicketedEvent
from streaming.languages import LANGUAGES
from streaming.models import Tag

MOST_COHOSTS, MOST_SPEAKERS = 2, 10
# Host, co-hosts and speakers may all show a picture.
PUBLISHERS = 1 + MOST_COHOSTS + MOST_SPEAKERS
PLACE = "space-"


class Audience(models.TextChoices):
    """Who may come in and listen."""

    PUBLIC = "public", _("Everybody")
    FOLLOWERS = "followers", _("Followers of the channel")
    SUBSCRIBERS = "subscribers", _("Subscribers of the channel")
    TICKETS = "tickets", _("Ticket holders")


def id_at(place: str) -> uuid.UUID | None:
    """Of which Space a place is; None for what isn't one's."""
    try:
        return uuid.UUID(place.removeprefix(PLACE))
    except ValueError:
        return None


class SpaceQuerySet(models.QuerySet["Space"]):
    def live(self) -> "SpaceQuerySet":
        return self.filter(state=Space.State.LIVE)

    def upcoming(self, now: datetime) -> "SpaceQuerySet":
        """Announced, and not so long ago that nobody expects them any more."""
        return self.filter(state=Space.State.PLANNED, starts_at__gte=now - Space.LATE).order_by("starts_at", "pk")

    def shown(self) -> "SpaceQuerySet":
        """What lists may name."""
        rows = self.filter(channel__is_suspended=False, host__is_active=True)
        return rows.select_related("channel", "host").prefetch_related("topics")


class Space(models.Model):
    """An audio room of a channel, with a stage and listeners."""

    # How long after its time an announced Space may still be opened.
    LATE = timedelta(hours=3)

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        LIVE = "live", _("live")
        ENDED = "ended", _("ended")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="spaces", verbose_name=_("channel"))
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="spaces_hosted", verbose_name=_("host")
    )
    title = models.CharField(_("title"), max_length=140)
    about = models.TextField(_("about it"), max_length=2000, blank=True, validators=[MaxLengthValidator(2000)])
    topics = models.ManyToManyField(Tag, related_name="spaces", blank=True, verbose_name=_("topics"))
    language = models.CharField(_("language"), max_length=8, choices=LANGUAGES, blank=True)
    audience = models.CharField(_("who can listen"), max_length=16, choices=Audience.choices, default=Audience.PUBLIC)
    event = models.ForeignKey(
        TicketedEvent,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="spaces",
        verbose_name=_("ticketed event"),
        help_text=_("Whose tickets let people in."),
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PLANNED)
    is_locked = models.BooleanField(_("stage locked"), default=False)
    is_relayed = models.BooleanField(
        _("also on the channel"), default=False, help_text=_("Its sound goes out as a broadcast of the channel.")
    )
    is_recorded = models.BooleanField(
        _("recorded"), default=False, help_text=_("What is said is kept, to be heard again afterwards.")
    )
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"))
    sequence = models.PositiveIntegerField(_("number of changes"), default=0, editable=False)
    starts_at = models.DateTimeField(_("begins"))
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    leaderless_at = models.DateTimeField(_("without a host since"), null=True, blank=True, editable=False)

    objects: ClassVar[SpaceQuerySet] = SpaceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("Space")
        verbose_name_plural = _("Spaces")
        ordering = ["-starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="live") | Q(opened_at__isnull=False), name="live_space_was_opened"
            ),
            models.CheckConstraint(condition=~Q(state="ended") | Q(ended_at__isnull=False), name="ended_space_has_end"),
            models.CheckConstraint(
                condition=Q(audience="tickets", event__isnull=False) | Q(~Q(audience="tickets"), event__isnull=True),
                name="tickets_are_to_an_event",
            ),
            models.UniqueConstraint(fields=["event"], condition=~Q(state="cancelled"), name="one_space_an_event"),
        ]
        indexes = [
            models.Index(fields=["state", "starts_at"]),
            models.Index(fields=["channel", "-starts_at"]),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("space", args=[self.pk])

    @property
    def place(self) -> str:
        """Where its composed stream plays (streaming.placing), and its own chat is (chat.doors)."""
        return f"{PLACE}{self.pk.hex}"

    @property
    def is_live(self) -> bool:
        return self.state == self.State.LIVE

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.ENDED, self.State.CANCELLED)


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def due(self, now: datetime) -> "ReminderQuerySet":
        """Those of Spaces that begin soon, have begun, or won't."""
        soon = Q(space__state=Space.State.PLANNED, space__starts_at__lte=now + Reminder.AHEAD)
        soon &= Q(space__starts_at__gt=now)
        turned = Q(space__state__in=[Space.State.LIVE, Space.State.CANCELLED])
        return self.filter(soon | turned, told_at__isnull=True)


class Reminder(models.Model):
    """Somebody wants to be told before an announced Space begins."""

    AHEAD = timedelta(minutes=10)

    space = models.ForeignKey(Space, models.CASCADE, related_name="reminders", verbose_name=_("Space"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="space_reminders", verbose_name=_("person")
    )
    created_at = models.DateTimeField(_("asked for"))
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    objects: ClassVar[ReminderQuerySet] = ReminderQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("reminder of a Space")
        verbose_name_plural = _("reminders of Spaces")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["space", "user"], name="one_reminder_a_person_and_space")]
        indexes = [models.Index(fields=["space"], condition=Q(told_at__isnull=True), name="reminders_to_tell")]

    def __str__(self) -> str:
        return f"{self.user}: {self.space}"


class Part(models.Model):
    """What somebody has in a Space beyond listening: a place on the stage, a raised hand, or a closed door."""

    class Role(models.TextChoices):
        HOST = "host", _("host")
        COHOST = "cohost", _("co-host")
        SPEAKER = "speaker", _("speaker")
        LISTENER = "listener", _("listener")

    STAGE = (Role.HOST, Role.COHOST, Role.SPEAKER)
    LEADERS = (Role.HOST, Role.COHOST)
    # For so long whoever fell silent on the stage is back on it as soon as they come in.
    RETURN = timedelta(minutes=3)

    space = models.ForeignKey(Space, models.CASCADE, related_name="parts", verbose_name=_("Space"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="space_parts", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.LISTENER)
    is_silenced = models.BooleanField(_("silenced by a host"), default=False)
    hand_raised_at = models.DateTimeField(_("hand raised"), null=True, blank=True)
    invited_at = models.DateTimeField(_("invited"), null=True, blank=True)
    on_stage_at = models.DateTimeField(_("on stage since"), null=True, blank=True)
    dropped_as = models.CharField(
        _("fell silent as"),
        max_length=12,
        choices=Role.choices,
        blank=True,
        # A process of before this column still adds rows while it is replaced.
        db_default="",
        default="",
        editable=False,
    )
    dropped_at = models.DateTimeField(_("fell silent"), null=True, blank=True, editable=False)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("part in a Space")
        verbose_name_plural = _("parts in Spaces")
        ordering = [F("on_stage_at").asc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(fields=["space", "user"], name="one_part_a_person_and_space"),
            models.UniqueConstraint(fields=["space"], condition=Q(role="host"), name="one_host_a_space"),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(role="listener"), name="who_was_removed_is_off_stage"
            ),
        ]

    def __str__(self) -> str:
        facts = {"user": self.user, "role": self.get_role_display(), "space": self.space}
        return _("%(user)s: %(role)s of %(space)s") % facts

    @property
    def is_on_stage(self) -> bool:
        return self.role in self.STAGE

    @property
    def is_leader(self) -> bool:
        return self.role in self.LEADERS

    def role_on_return(self, now: datetime) -> str:
        """What they are, or were a moment ago before their page fell silent."""
        is_recent = self.dropped_at is not None and now - self.dropped_at <= self.RETURN
        return self.dropped_as if is_recent else self.role


def describe_person(user: User) -> dict[str, object]:
    """Somebody as the page shows them."""
    return {
        "user": user.pk,
        "name": user.shown_name,
        "username": user.username,
        "avatar": user.avatar_small_url,
        "hue": hue_of(user.username),
    }
