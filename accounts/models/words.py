"""Words that a channel, or the house, doesn't want to read."""

import re2
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.channels import Channel

LONGEST_PATTERN = 200


class BlockedWord(models.Model):
    """A word, or a pattern in RE2's syntax, whose use is refused or waits for a moderator."""

    channel = models.ForeignKey(
        Channel,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="blocked_words",
        help_text=_("Empty: on every channel."),
    )
    text = models.CharField(_("word"), max_length=LONGEST_PATTERN)
    is_pattern = models.BooleanField(_("pattern"), default=False, help_text=_("A regular expression (RE2)."))
    is_held = models.BooleanField(_("held for review"), default=False, help_text=_("Otherwise it is refused."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["text", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "text", "is_pattern"], name="one_blocked_word_a_channel", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        self.text = self.text.strip()
        if not self.text or not self.text.isprintable():
            raise ValidationError({"text": _("This is one line of printable text.")})
        if self.is_pattern:
            _check_pattern(self.text)


def _check_pattern(pattern: str) -> None:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise ValidationError({"text": _("This isn't a pattern that can be used.")}) from error
    if compiled.search(""):
        raise ValidationError({"text": _("This pattern would match everything.")})
