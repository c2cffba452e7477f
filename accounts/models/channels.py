"""Channels, who works on them, and who follows them."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.names import channel_name_validator
from accounts.pictures import LARGE, SMALL, picture_url
from accounts.stream_keys import is_key_of, make_key


class Channel(models.Model):
    """A place with an address of its own where people go live."""

    name = models.CharField(
        _("name"),
        max_length=32,
        unique=True,
        validators=[channel_name_validator, MinLengthValidator(2)],
        help_text=_("The name in its address."),
        error_messages={"unique": _("That name is taken.")},
    )
    title = models.CharField(_("title"), max_length=140, blank=True)
    description = models.TextField(_("description"), max_length=2000, blank=True, validators=[MaxLengthValidator(2000)])
    avatar = models.CharField(_("picture"), max_length=120, blank=True, editable=False)
    banner = models.CharField(_("banner"), max_length=120, blank=True, editable=False)
    sponsor = models.CharField(
        _("sponsor"), max_length=60, blank=True, help_text=_("Shown under the stream as “Sponsored by …”.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="channels",
        verbose_name=_("owner"),
    )
    is_suspended = models.BooleanField(
        _("suspended"), default=False, help_text=_("A suspended channel can't go live and isn't shown.")
    )
    is_pending = models.BooleanField(
        _("awaits approval"), default=False, help_text=_("Suspended until an administrator approves of it.")
    )
    grace_s = models.PositiveSmallIntegerField(
        _("grace (s)"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(600)],
        help_text=_("How long a broadcast waits for its encoder to come back."),
    )
    key_version = models.PositiveIntegerField(_("key version"), default=1, editable=False)
    live_mailed_at = models.DateTimeField(_("followers mailed at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("opened at"), auto_now_add=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="channel_name_unique_in_any_case"),
            models.CheckConstraint(condition=Q(is_pending=False) | Q(is_suspended=True), name="pending_is_suspended"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        for field in ("title", "sponsor"):
            if (text := getattr(self, field)) and not text.isprintable():
                raise ValidationError({field: _("This is one line of printable text.")})

    @property
    def display_title(self) -> str:
        return self.title or self.name

    @property
    def avatar_url(self) -> str:
        return picture_url(self.avatar, LARGE)

    @property
    def avatar_small_url(self) -> str:
        return picture_url(self.avatar, SMALL)

    @property
    def banner_url(self) -> str:
        return picture_url(self.banner, LARGE)

    @property
    def stream_key(self) -> str:
        """What the encoder sends. Show it to the owner and the editors alone."""
        return make_key(self.pk, self.key_version, settings.ENV.stream_key_secrets[0])

    def accepts_key(self, key: str) -> bool:
        return is_key_of(key, self.pk, self.key_version, settings.ENV.stream_key_secrets)


class ChannelRole(models.Model):
    """What somebody does on a channel that isn't theirs. The owner is `Channel.owner`, and has no row."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        EDITOR = "editor", _("editor")
        MODERATOR = "moderator", _("moderator")
        VIP = "vip", _("VIP")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="roles", verbose_name=_("channel"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="channel_roles", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("role on a channel")
        verbose_name_plural = _("roles on channels")
        ordering = ["role", "user__username"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "user"], name="one_role_a_person_and_channel"),
            models.CheckConstraint(condition=~Q(role="owner"), name="owners_have_no_row"),
        ]

    def __str__(self) -> str:
        facts = {"user": self.user, "role": self.get_role_display(), "channel": self.channel}
        return _("%(user)s: %(role)s of %(channel)s") % facts


class Follow(models.Model):
    """Somebody wants to know what a channel does."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="follows", verbose_name=_("channel"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="follows", verbose_name=_("person"))
    notify = models.BooleanField(_("tell me here"), default=True)
    notify_by_mail = models.BooleanField(_("send mail"), default=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["channel", "user"], name="one_follow_a_person_and_channel")]
        indexes = [models.Index(fields=["channel", "id"]), models.Index(fields=["user", "-created_at"])]

    def __str__(self) -> str:
        return _("%(user)s follows %(channel)s") % {"user": self.user, "channel": self.channel}
