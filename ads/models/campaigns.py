"""What is advertised, where, and for how much."""

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from ads.amounts import PER_MILLE
from ads.models.advertisers import Advertiser
from monetization.countries import validate_country
from streaming.languages import LANGUAGES
from streaming.models import Category


class Format(models.TextChoices):
    PRE = "pre", _("before a stream")
    MID = "mid", _("in a break")
    CHAT = "chat", _("in the chat")


class Campaign(models.Model):
    """What an administrator approves as a whole: nothing of it runs before."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        REVIEW = "review", _("waits for review")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        PAUSED = "paused", _("paused")

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="campaigns", verbose_name=_("advertiser"))
    name = models.CharField(_("name"), max_length=80)
    category = models.ForeignKey(
        Category,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("what it is about"),
        help_text=_("Streamers can turn away what they don't want to show."),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    reason = models.CharField(_("why it was rejected"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.advertiser}: {self.name}"


class LineItemQuerySet(models.QuerySet["LineItem"]):
    def running(self, now: datetime) -> "LineItemQuerySet":
        """Those of approved campaigns of verified advertisers, in their time."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=now),
            campaign__state=Campaign.State.APPROVED,
            campaign__advertiser__state=Advertiser.State.VERIFIED,
            is_on=True,
            starts_at__lte=now,
        )


class LineItem(models.Model):
    """Where a campaign's creatives run, when, for how much and how often."""

    class Model(models.TextChoices):
        CPV = "cpv", _("per view")
        VCPM = "vcpm", _("per thousand viewable impressions")
        CPC = "cpc", _("per click")

    class Pacing(models.TextChoices):
        EVEN = "even", _("evenly over the day")
        ASAP = "asap", _("as fast as possible")

    class Priority(models.TextChoices):
        PAID = "paid", _("paid")
        HOUSE = "house", _("the house's own")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="lines", verbose_name=_("campaign"))
    name = models.CharField(_("name"), max_length=80)
    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    model = models.CharField(_("paid"), max_length=4, choices=Model.choices, default=Model.CPV)
    priority = models.CharField(_("priority"), max_length=5, choices=Priority.choices, default=Priority.PAID)
    price_micros = models.PositiveBigIntegerField(_("price in micro-units"), default=0)
    budget_micros = models.PositiveBigIntegerField(_("budget in micro-units"), default=0)
    daily_micros = models.PositiveBigIntegerField(
        _("daily budget in micro-units"), default=0, help_text=_("0: no limit but the budget.")
    )
    pacing = models.CharField(_("pacing"), max_length=4, choices=Pacing.choices, default=Pacing.EVEN)
    cap_count = models.PositiveSmallIntegerField(
        _("at most so often"), default=3, help_text=_("To one viewer. 0: no limit.")
    )
    cap_hours = models.PositiveSmallIntegerField(
        _("within so many hours"), default=24, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    is_on = models.BooleanField(_("on"), default=True)
    categories = models.ManyToManyField(Category, blank=True, related_name="+", verbose_name=_("categories"))
    languages = ArrayField(
        models.CharField(max_length=8, choices=LANGUAGES), verbose_name=_("languages"), default=list, blank=True
    )
    countries = ArrayField(
        models.CharField(max_length=2, validators=[validate_country]),
        verbose_name=_("countries"),
        default=list,
        blank=True,
        help_text=_("Where the viewer is. None: everywhere."),
    )
    channels_in = models.ManyToManyField(
        Channel, blank=True, related_name="+", verbose_name=_("only on these channels")
    )
    channels_out = models.ManyToManyField(
        Channel, blank=True, related_name="+", verbose_name=_("not on these channels")
    )

    objects: ClassVar[models.Manager["LineItem"]] = LineItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("line item")
        verbose_name_plural = _("line items")
        ordering = ["campaign", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="lines_end_after_start"
            ),
            models.CheckConstraint(
                condition=Q(priority="house") | Q(price_micros__gt=0, budget_micros__gt=0), name="paid_lines_cost"
            ),
            models.CheckConstraint(condition=~Q(format="chat", model="cpv"), name="cards_are_not_watched"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} / {self.name}"

    def clean(self) -> None:
        if self.ends_at and self.starts_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("It can't end before it starts.")})
        if self.format == Format.CHAT and self.model == self.Model.CPV:
            raise ValidationError({"model": _("Cards in the chat are paid per click or per thousand impressions.")})

    @property
    def is_house(self) -> bool:
        return self.priority == self.Priority.HOUSE

    @property
    def unit_micros(self) -> int:
        """What one billable event costs."""
        if self.is_house:
            return 0
        return self.price_micros // PER_MILLE if self.model == self.Model.VCPM else self.price_micros
