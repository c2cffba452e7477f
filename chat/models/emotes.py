"""A channel's own little pictures."""

from django.core.files.storage import default_storage
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel


class Emote(models.Model):
    """A picture that stands for a word. What is stored was drawn anew here (`chat.emote_pictures`)."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="emotes")
    code = models.CharField(
        _("word"),
        max_length=24,
        validators=[RegexValidator(r"^[A-Za-z][A-Za-z0-9]{2,23}\Z", _("3 to 24 letters and digits, a letter first."))],
    )
    picture = models.CharField(max_length=120, editable=False)
    is_animated = models.BooleanField(_("animated"), default=False, editable=False)
    is_for_subscribers = models.BooleanField(_("for subscribers only"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["channel", "code"], name="one_emote_a_word")]

    def __str__(self) -> str:
        return self.code

    @property
    def url(self) -> str:
        return default_storage.url(self.picture)
