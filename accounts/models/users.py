"""People, whom they keep away, and what they are told."""

from typing import ClassVar
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinLengthValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.names import user_name_validator
from accounts.pictures import LARGE, SMALL, picture_url

MOST_LINKS = 5


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("Choose a time zone from the list."))


def validate_links(links: object) -> None:
    """A few addresses of the web. They are shown as links, so nothing else will do."""
    if not isinstance(links, list) or len(links) > MOST_LINKS:
        raise ValidationError(_("At most 5 links."))
    for link in links:
        if not isinstance(link, str) or len(link) > 200 or "@" in link.split("//", 1)[-1].split("/", 1)[0]:
            raise ValidationError(_("A link is shorter than 200 characters and has no password in it."))
        URLValidator(schemes=["http", "https"])(link)


class User(AbstractUser):
    """Somebody who can log in."""

    username = models.CharField(
        _("user name"),
        max_length=32,
        unique=True,
        validators=[user_name_validator, MinLengthValidator(2)],
        error_messages={"unique": _("That name is taken.")},
    )
    display_name = models.CharField(_("display name"), max_length=50, blank=True)
    bio = models.TextField(_("about"), max_length=1000, blank=True, validators=[MaxLengthValidator(1000)])
    links = models.JSONField(_("links"), default=list, blank=True, validators=[validate_links])
    avatar = models.CharField(_("picture"), max_length=120, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[validate_time_zone])
    live_in_page = models.BooleanField(_("tell me here when a channel goes live"), default=True)
    live_by_mail = models.BooleanField(_("send mail when a channel goes live"), default=True)
    spaces_in_page = models.BooleanField(_("remind me here of Spaces"), default=True)
    spaces_by_mail = models.BooleanField(_("send mail to remind me of Spaces"), default=True)
    session_epoch = models.PositiveIntegerField(
        _("session epoch"), default=0, editable=False, help_text=_("Raised to end all sessions.")
    )
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True, editable=False)
    suspension_reason = models.CharField(_("why suspended"), max_length=300, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="username_unique_in_any_case")]

    @property
    def shown_name(self) -> str:
        return self.display_name or self.username

    @property
    def avatar_url(self) -> str:
        return picture_url(self.avatar, LARGE)

    @property
    def avatar_small_url(self) -> str:
        return picture_url(self.avatar, SMALL)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """A session ends with the password or the epoch that it began under."""
        key_salt = "accounts.models.User.get_session_auth_hash"
        return salted_hmac(
            key_salt, f"{self.password}:{self.session_epoch}", secret=secret, algorithm="sha256"
        ).hexdigest()


class Block(models.Model):
    """One person keeps another away: no follow, no appointment, later no message."""

    blocker = models.ForeignKey(User, models.CASCADE, related_name="blocks", verbose_name=_("by whom"))
    blocked = models.ForeignKey(User, models.CASCADE, related_name="blocked_by", verbose_name=_("whom"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="one_block_a_pair"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="nobody_blocks_themselves"),
        ]

    def __str__(self) -> str:
        return _("%(blocker)s blocks %(blocked)s") % {"blocker": self.blocker, "blocked": self.blocked}


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """Something a person is told in the page. Its kind says how it reads (`accounts.notifications`)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications", verbose_name=_("person"))
    kind = models.CharField(max_length=32)
    facts = models.JSONField(default=dict, blank=True)
    url = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=80, null=True, blank=True, help_text=_("What is told only once."))  # noqa: DJ001
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Notification"]] = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="told_once_a_key")]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"]),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"


USERNAME_VALIDATORS = [user_name_validator, MinLengthValidator(2)]
