from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.stream_keys import is_key_of, make_key

channel_name_validator = RegexValidator(
    r"^[a-z0-9][a-z0-9_-]*$", _("Use small letters, digits, - and _, and begin with a letter or digit.")
)


class User(AbstractUser):
    """Somebody who can log in."""


class Channel(models.Model):
    """A place with an address of its own where one person goes live."""

    name = models.CharField(
        max_length=32,
        unique=True,
        validators=[channel_name_validator, MinLengthValidator(2)],
        help_text=_("The name in its address."),
    )
    title = models.CharField(max_length=140, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="channels")
    is_suspended = models.BooleanField(default=False, help_text=_("A suspended channel can't go live and isn't shown."))
    grace_s = models.PositiveSmallIntegerField(
        _("grace (s)"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(600)],
        help_text=_("How long a broadcast waits for its encoder to come back."),
    )
    key_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.title and not self.title.isprintable():
            raise ValidationError({"title": _("A title is one line of printable text.")})

    @property
    def display_title(self) -> str:
        return self.title or self.name

    @property
    def stream_key(self) -> str:
        """What the encoder sends. Show it to the owner alone."""
        return make_key(self.pk, self.key_version, settings.ENV.stream_key_secrets[0])

    def accepts_key(self, key: str) -> bool:
        return is_key_of(key, self.pk, self.key_version, settings.ENV.stream_key_secrets)


class ChannelRole(models.Model):
    """What somebody is on a channel that isn't theirs."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        EDITOR = "editor", _("editor")
        MODERATOR = "moderator", _("moderator")
        VIP = "vip", _("VIP")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="channel_roles")
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "user"], name="one_role_a_user_and_channel")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.channel}"


class Follow(models.Model):
    """Somebody wants to know when a channel goes live."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="follows")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="follows")
    created_at = models.DateTimeField(auto_now_add=True)
    notify = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "user"], name="one_follow_a_user_and_channel")]

    def __str__(self) -> str:
        return f"{self.user} follows {self.channel}"
