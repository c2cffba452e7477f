"""What the operator of the house keeps: settings, legal texts, reports, and the log of who did what."""

from typing import Any, ClassVar, NoReturn, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.channels import Channel


class SiteSettings(models.Model):
    """One row: what an administrator decides for everybody."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=40, default="Estrade", help_text=_("How mails call this place."))
    contact = models.EmailField(_("contact"), blank=True, help_text=_("Shown to people who need help."))
    sign_up_open = models.BooleanField(_("anybody may sign up"), default=True)
    channels_need_approval = models.BooleanField(_("channels need approval"), default=False)
    channels_a_person = models.PositiveSmallIntegerField(
        _("channels a person"), default=5, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_row_of_settings")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def load(cls) -> Self:
        """The row, or the defaults until somebody saves one."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class LegalPage(models.Model):
    """One version of a legal text, in Markdown. Once published it stays as it is; a change is a new version."""

    class Kind(models.TextChoices):
        TERMS = "terms", _("Terms of use")
        PRIVACY = "privacy", _("Privacy")
        IMPRINT = "imprint", _("Imprint")

    # An imprint is read, not agreed to.
    ACCEPTED = (Kind.TERMS, Kind.PRIVACY)

    kind = models.CharField(_("page"), max_length=16, choices=Kind.choices)
    version = models.PositiveIntegerField(_("version"), editable=False)
    text = models.TextField(_("text"), help_text=_("Markdown. HTML isn't carried over."))
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("legal page")
        verbose_name_plural = _("legal pages")
        ordering = ["kind", "-version"]
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="one_page_a_version")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"


class Consent(models.Model):
    """Somebody agreed to a version of a legal text."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents", verbose_name=_("person")
    )
    page = models.ForeignKey(LegalPage, models.PROTECT, related_name="consents", verbose_name=_("page"))
    accepted_at = models.DateTimeField(_("agreed at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-accepted_at"]
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="one_consent_a_version")]

    def __str__(self) -> str:
        return f"{self.user}: {self.page}"


class ReportQuerySet(models.QuerySet["Report"]):
    def waiting(self) -> "ReportQuerySet":
        return self.filter(outcome="")


class Report(models.Model):
    """A viewer says that something is wrong. Open until it has an outcome."""

    class Reason(models.TextChoices):
        HARASSMENT = "harassment", _("Harassment or hate")
        VIOLENCE = "violence", _("Violence or threats")
        SEXUAL = "sexual", _("Sexual content")
        MINORS = "minors", _("Endangers minors")
        COPYRIGHT = "copyright", _("Somebody else's work")
        SPAM = "spam", _("Spam or fraud")
        OTHER = "other", _("Something else")

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed", _("dismissed")
        WARNED = "warned", _("warned")
        TAKEN_DOWN = "taken_down", _("taken down")
        REMOVED = "removed", _("removed from there")
        CHANNEL_SUSPENDED = "channel", _("channel suspended")
        USER_SUSPENDED = "user", _("user suspended")

    kind = models.CharField(_("about a"), max_length=32)
    target_id = models.CharField(_("what it is about"), max_length=64)
    label = models.CharField(pgettext_lazy("report", "about"), max_length=200)
    url = models.CharField(_("address"), max_length=200, blank=True)
    excerpt = models.TextField(_("what it said"), blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reports_about",
        verbose_name=_("person"),
    )
    channel = models.ForeignKey(
        Channel, models.SET_NULL, null=True, blank=True, related_name="reports", verbose_name=_("channel")
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reports_made", verbose_name=_("reported by")
    )
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    text = models.TextField(_("what happened"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("reported at"))
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reports_handled",
        verbose_name=_("handled by"),
    )
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)

    objects: ClassVar[models.Manager["Report"]] = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "kind", "target_id"], condition=Q(outcome=""), name="one_open_report_each"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", handled_at__isnull=True) | Q(~Q(outcome=""), handled_at__isnull=False),
                name="handled_at_says_handled",
            ),
        ]
        indexes = [models.Index(fields=["outcome", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.label}: {self.get_reason_display()}"


class AuditEntry(models.Model):
    """Somebody with power did something. Written once, by `accounts.audit.record`."""

    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="deeds", verbose_name=_("who")
    )
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    action = models.CharField(_("did"), max_length=64)
    target_type = models.CharField(_("to a"), max_length=64, blank=True)
    target_id = models.CharField(_("number"), max_length=64, blank=True)
    target_name = models.CharField(_("to"), max_length=200, blank=True)
    facts = models.JSONField(_("facts"), default=dict, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at"]), models.Index(fields=["target_type", "target_id"])]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.target_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValidationError(_("An audit entry is never changed."))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValidationError(_("An audit entry is never deleted."))
