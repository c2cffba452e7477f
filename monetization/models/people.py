"""What money needs to know of people: where those who earn it live, and what others may give or show."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from monetization.countries import validate_country


class Residence(models.Model):
    """Where a creator lives, from a moment on. Rows stay: a payment is split by where they lived when it was made."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="residences", verbose_name=_("person")
    )
    country = models.CharField(_("country"), max_length=2, validators=[validate_country])
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("residence")
        verbose_name_plural = _("residences")
        ordering = ["-since", "-pk"]
        indexes = [models.Index(fields=["user", "-since"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.country}"


class Wishes(models.Model):
    """What somebody wants of others' gifts and of lists; who said nothing takes part in both."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="money_wishes", verbose_name=_("person")
    )
    takes_gifts = models.BooleanField(_("takes gifts"), default=True)
    is_ranked = models.BooleanField(_("among top supporters"), default=True)

    class Meta:
        verbose_name = _("wishes about gifts and lists")
        verbose_name_plural = _("wishes about gifts and lists")
        ordering = ["user"]

    def __str__(self) -> str:
        return str(self.user)
