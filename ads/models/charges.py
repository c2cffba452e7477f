"""What ads brought: figures by the hour, each charge, and how far the ledger has been told."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from ads.models.advertisers import Advertiser
from ads.models.campaigns import Format, LineItem
from ads.models.creatives import Creative
from streaming.models import Broadcast


class Counted(models.Model):
    """What became of ads, in figures."""

    COUNTS = (
        "impressions",
        "viewable",
        "first_quartile",
        "midpoint",
        "third_quartile",
        "views",
        "completions",
        "skips",
        "clicks",
    )

    impressions = models.PositiveIntegerField(_("impressions"), default=0)
    viewable = models.PositiveIntegerField(_("viewable"), default=0)
    first_quartile = models.PositiveIntegerField(_("first quartile"), default=0)
    midpoint = models.PositiveIntegerField(_("midpoint"), default=0)
    third_quartile = models.PositiveIntegerField(_("third quartile"), default=0)
    views = models.PositiveIntegerField(_("views"), default=0)
    completions = models.PositiveIntegerField(_("completions"), default=0)
    skips = models.PositiveIntegerField(_("skips"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)
    gross_micros = models.BigIntegerField(_("gross in micro-units"), default=0)
    streamer_micros = models.BigIntegerField(_("streamer's in micro-units"), default=0)

    class Meta:
        abstract = True


class AdHour(Counted):
    """What became of a line's creative on a broadcast within an hour."""

    hour = models.DateTimeField(_("hour"))
    line = models.ForeignKey(LineItem, models.PROTECT, related_name="hours", verbose_name=_("line item"))
    creative = models.ForeignKey(Creative, models.PROTECT, related_name="hours", verbose_name=_("creative"))
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="ad_hours", verbose_name=_("channel"))
    broadcast = models.ForeignKey(
        Broadcast, models.SET_NULL, null=True, blank=True, related_name="ad_hours", verbose_name=_("broadcast")
    )

    class Meta:
        verbose_name = _("hour of an ad")
        verbose_name_plural = _("hours of ads")
        ordering = ["-hour", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "line", "creative", "channel", "broadcast"],
                name="one_ad_hour_each",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["channel", "-hour"])]

    def __str__(self) -> str:
        return f"{self.line} {self.hour:%Y-%m-%d %H}"


class AdDay(Counted):
    """What became of a line's ads on a day (UTC), wherever they ran: the sum of its hours, kept as they are counted."""

    day = models.DateField(_("day"))
    line = models.ForeignKey(LineItem, models.PROTECT, related_name="days", verbose_name=_("line item"))

    class Meta:
        verbose_name = _("day of an ad")
        verbose_name_plural = _("days of ads")
        ordering = ["-day", "pk"]
        constraints = [models.UniqueConstraint(fields=["line", "day"], name="one_ad_day_each")]

    def __str__(self) -> str:
        return f"{self.line} {self.day:%Y-%m-%d}"


class AdEarning(models.Model):
    """What a broadcast's ads of one format brought its channel, without what was reversed: kept with the charges."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="ad_earnings", verbose_name=_("channel"))
    broadcast = models.ForeignKey(
        Broadcast, models.SET_NULL, null=True, blank=True, related_name="ad_earnings", verbose_name=_("broadcast")
    )
    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    currency = models.CharField(_("currency"), max_length=3)
    gross_micros = models.BigIntegerField(_("gross in micro-units"), default=0)
    streamer_micros = models.BigIntegerField(_("streamer's in micro-units"), default=0)
    paid_micros = models.BigIntegerField(_("paid in micro-units"), default=0)

    class Meta:
        verbose_name = _("earning of ads")
        verbose_name_plural = _("earnings of ads")
        ordering = ["channel", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "broadcast", "format", "currency"], name="one_ad_earning_each"),
        ]

    def __str__(self) -> str:
        return f"@{self.channel.name} {self.get_format_display()}"


class AdCharge(models.Model):
    """What one offer cost its advertiser, once. Held, then cleared, then paid into the streamer's balance."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        CLEARED = "cleared", _("cleared")
        PAID = "paid", _("paid")
        REVERSED = "reversed", _("reversed")

    offer = models.CharField(_("offer"), primary_key=True, max_length=32)
    line = models.ForeignKey(LineItem, models.PROTECT, related_name="charges", verbose_name=_("line item"))
    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="charges", verbose_name=_("advertiser"))
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="ad_charges", verbose_name=_("channel"))
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="ad_charges", verbose_name=_("who earns")
    )
    broadcast = models.ForeignKey(
        Broadcast, models.SET_NULL, null=True, blank=True, related_name="ad_charges", verbose_name=_("broadcast")
    )
    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    event = models.CharField(_("for"), max_length=8)
    network = models.CharField(max_length=16, blank=True, editable=False)
    currency = models.CharField(_("currency"), max_length=3)
    gross_micros = models.BigIntegerField(_("gross in micro-units"))
    streamer_micros = models.BigIntegerField(_("streamer's in micro-units"))
    platform_micros = models.BigIntegerField(_("platform's in micro-units"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.HELD)
    doubt = models.CharField(
        _("why it is looked at"), max_length=40, blank=True, help_text=_("It isn't cleared by itself then.")
    )
    happened_at = models.DateTimeField(_("when"))
    clears_at = models.DateTimeField(_("cleared from"))

    class Meta:
        verbose_name = _("charge for an ad")
        verbose_name_plural = _("charges for ads")
        ordering = ["-happened_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(gross_micros=F("streamer_micros") + F("platform_micros")), name="a_charge_is_shared_out"
            ),
            models.CheckConstraint(
                condition=Q(gross_micros__gt=0, streamer_micros__gte=0, platform_micros__gte=0),
                name="a_charge_is_of_something",
            ),
        ]
        indexes = [
            models.Index(fields=["clears_at"], condition=Q(state="held", doubt=""), name="charges_to_clear"),
            models.Index(fields=["channel", "-happened_at"]),
            models.Index(fields=["line", "state"]),
            models.Index(fields=["advertiser", "state"]),
        ]

    def __str__(self) -> str:
        return self.offer


class AdTally(models.Model):
    """All that an advertiser's ads came to with one creator, and the whole minor units the ledger was told of it.

    The ledger is told differences of rounded sums, so that fractions of a cent are never lost, only later.
    """

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="tallies")
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="ad_tallies")
    currency = models.CharField(max_length=3)
    gross_micros = models.BigIntegerField(default=0)
    streamer_micros = models.BigIntegerField(default=0)
    paid_micros = models.BigIntegerField(default=0)
    gross_minor = models.BigIntegerField(default=0)
    streamer_minor = models.BigIntegerField(default=0)
    paid_minor = models.BigIntegerField(default=0)
    postings = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("tally of ads")
        verbose_name_plural = _("tallies of ads")
        ordering = ["advertiser", "creator"]
        constraints = [
            models.UniqueConstraint(fields=["advertiser", "creator", "currency"], name="one_ad_tally_each"),
            models.CheckConstraint(
                condition=Q(paid_micros__lte=F("streamer_micros"), streamer_micros__lte=F("gross_micros")),
                name="a_tally_pays_what_was_earned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.advertiser} / {self.creator}"


class FlushOffset(models.Model):
    """How far the stream of events was read: it moves in the transaction that counts them, so that each counts once."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    last_id = models.CharField(max_length=32, default="0-0")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_flush_offset")]

    def __str__(self) -> str:
        return self.last_id
