"""Whose the money of an ad is, what a channel shows, and what the house allows."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from ads.models.advertisers import Advertiser
from ads.models.campaigns import Format
from monetization.models.rules import WHOLE_BP
from streaming.models import Category


class RevenueShare(models.Model):
    """The streamer's part of each ad of a format, from a moment on. Rows are added, never rewritten."""

    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    share_bp = models.PositiveSmallIntegerField(
        _("streamer's share (hundredths of a percent)"),
        validators=[MaxValueValidator(WHOLE_BP)],
        help_text=_("5500 is 55 %."),
    )
    starts_at = models.DateTimeField(_("starts"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("share of ads")
        verbose_name_plural = _("shares of ads")
        ordering = ["format", "-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(share_bp__lte=WHOLE_BP), name="a_share_is_at_most_the_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()}: {self.share_bp / 100:g} %"


class ChannelAds(models.Model):
    """What a streamer lets be shown; a channel without a row shows all three formats, and has breaks by hand."""

    channel = models.OneToOneField(Channel, models.CASCADE, related_name="ads", verbose_name=_("channel"))
    shows_pre = models.BooleanField(_("Ads before the stream"), default=True)
    shows_mid = models.BooleanField(_("Breaks"), default=True)
    shows_chat = models.BooleanField(_("Ads in the chat"), default=True)
    chat_every_min = models.PositiveSmallIntegerField(
        _("At most one ad in the chat in so many minutes"),
        default=10,
        validators=[MinValueValidator(5), MaxValueValidator(120)],
    )
    break_every_min = models.PositiveSmallIntegerField(
        _("A break every so many minutes"),
        default=0,
        validators=[MaxValueValidator(240)],
        help_text=_("0: only when you say so."),
    )
    break_s = models.PositiveSmallIntegerField(
        _("Length of a break in seconds"), default=60, validators=[MinValueValidator(30), MaxValueValidator(180)]
    )
    snoozed_until = models.DateTimeField(_("no break before"), null=True, blank=True)
    blocked_categories = models.ManyToManyField(Category, blank=True, related_name="+", verbose_name=_("No ads about"))
    blocked_advertisers = models.ManyToManyField(Advertiser, blank=True, related_name="+", verbose_name=_("No ads by"))

    class Meta:
        verbose_name = _("ads of a channel")
        verbose_name_plural = _("ads of channels")
        ordering = ["channel"]

    def __str__(self) -> str:
        return f"@{self.channel.name}"

    def shows(self, format: str) -> bool:
        return {Format.PRE: self.shows_pre, Format.MID: self.shows_mid, Format.CHAT: self.shows_chat}[Format(format)]


class AdRules(models.Model):
    """What the house allows, in its one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    is_on = models.BooleanField(_("Ads are shown"), default=True)
    break_s_an_hour = models.PositiveSmallIntegerField(
        _("Seconds of breaks an hour, at most"), default=360, validators=[MaxValueValidator(1800)]
    )
    quiet_min = models.PositiveSmallIntegerField(
        _("Minutes without an ad before a stream, after one was seen on the channel"), default=10
    )
    hold_days = models.PositiveSmallIntegerField(
        _("Days until what was earned is cleared"), default=30, validators=[MinValueValidator(1)]
    )
    chat_hold_days = models.PositiveSmallIntegerField(
        _("Days until what ads in the chat earned is cleared"),
        default=120,
        validators=[MinValueValidator(1)],
        help_text=_("Longer than a card's holder can have a payment taken back."),
    )

    class Meta:
        verbose_name = _("rules of ads")
        verbose_name_plural = _("rules of ads")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_row_of_ad_rules")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
