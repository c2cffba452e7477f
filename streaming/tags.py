"""Tags: at most five a broadcast, each a short word that is spelled one way."""

import re
import unicodedata
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from streaming.models import Tag

MAX_TAGS, MAX_LENGTH = 5, 24
_SEPARATORS = re.compile(r"[\s,;#]+")
_WORD = re.compile(r"[\w-]+")


def normalise(text: str) -> str:
    """The one spelling of a tag; raises ValidationError for what is none."""
    name = unicodedata.normalize("NFKC", text).casefold().strip("-_")
    if not name or len(name) > MAX_LENGTH or not _WORD.fullmatch(name):
        raise ValidationError(
            _("A tag is one word of letters, digits and hyphens, %(count)s at most."), params={"count": MAX_LENGTH}
        )
    return name


def parse_tags(text: str) -> list[str]:
    """The tags in what somebody typed, each once, in their order. Raises ValidationError."""
    names = dict.fromkeys(normalise(part) for part in _SEPARATORS.split(text) if part)
    if len(names) > MAX_TAGS:
        raise ValidationError(_("At most %(count)s tags."), params={"count": MAX_TAGS})
    return list(names)


def get_or_make(names: Iterable[str]) -> list[Tag]:
    """The rows of tags that are normalised already; new ones are made."""
    wanted = list(names)
    Tag.objects.bulk_create([Tag(name=name) for name in wanted], ignore_conflicts=True)
    found = {tag.name: tag for tag in Tag.objects.filter(name__in=wanted)}
    return [found[name] for name in wanted]
