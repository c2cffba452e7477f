"""Polls: a question to a room, and what each of those who answered chose."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chat.models.rooms import Room

OPTIONS = (2, 6)
SHORTEST_S, LONGEST_S = 15, 1800
LONGEST_QUESTION, LONGEST_OPTION = 140, 60


class PollQuerySet(models.QuerySet["Poll"]):
    def running(self) -> "PollQuerySet":
        """Those that nobody has ended, their time over or not."""
        return self.filter(ended_at__isnull=True)

    def due(self, now: datetime) -> "PollQuerySet":
        return self.running().filter(ends_at__lte=now)


class Poll(models.Model):
    """One question at a time in a room. Votes are counted from their rows; `counts` is what they were at the end."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="polls")
    question = models.CharField(_("question"), max_length=LONGEST_QUESTION)
    options = ArrayField(models.CharField(max_length=LONGEST_OPTION), verbose_name=_("options"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="polls_opened")
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="polls_ended"
    )
    is_cancelled = models.BooleanField(_("called off"), default=False)
    counts = ArrayField(models.PositiveIntegerField(), verbose_name=_("votes"), null=True, blank=True)

    objects: ClassVar[models.Manager["Poll"]] = PollQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["room"], condition=Q(ended_at__isnull=True), name="one_poll_a_room"),
            models.CheckConstraint(condition=Q(options__len__range=OPTIONS), name="poll_options_in_bounds"),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("opened_at") + timedelta(seconds=SHORTEST_S))
                & Q(ends_at__lte=F("opened_at") + timedelta(seconds=LONGEST_S)),
                name="poll_length_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, counts__isnull=True)
                | Q(ended_at__isnull=False, counts__isnull=False),
                name="polls_are_counted_at_their_end",
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(ended_at__isnull=True), name="polls_running")]

    def __str__(self) -> str:
        return f"{self.room}: {self.question}"


class PollVote(models.Model):
    """What somebody chose, once and for good. `choice` counts the options from nought."""

    # The constraint's index finds a poll's votes, and holds what is counted.
    poll = models.ForeignKey(Poll, models.CASCADE, related_name="votes", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="poll_votes")
    choice = models.PositiveSmallIntegerField(_("choice"))
    voted_at = models.DateTimeField()

    class Meta:
        ordering = ["-voted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["poll", "user"], include=["choice"], name="one_vote_a_person"),
            models.CheckConstraint(condition=Q(choice__lt=OPTIONS[1]), name="votes_are_for_an_option"),
        ]

    def __str__(self) -> str:
        return f"{self.poll}: {self.user}"
