"""Finding blocked words in what somebody wrote: chat and tips ask here.

Patterns run on RE2, whose time grows with the text alone, so no pattern can hold up a process.
"""

import unicodedata
from functools import lru_cache
from typing import Any

import re2
from django.db.models import Q

from accounts.models import BlockedWord, Channel

_EDGE = r"(?:^|$|[^\pL\pN])"


def find_blocked(text: str, channel: Channel) -> BlockedWord | None:
    """The blocked word or pattern in a text, one that refuses before one that holds; None when there is none."""
    rows = list(BlockedWord.objects.filter(Q(channel=channel) | Q(channel__isnull=True)).order_by("is_held", "pk"))
    folded = fold(text)
    return next((row for row in rows if _is_in(row, text, folded)), None)


def _is_in(row: BlockedWord, text: str, folded: str) -> bool:
    matcher = _matcher(row.text, row.is_pattern)
    return bool(matcher.search(folded) or (row.is_pattern and matcher.search(text)))


def fold(text: str) -> str:
    """Without case, accents, look-alike widths and what can't be seen, so that these hide nothing."""
    wide = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in wide if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))


@lru_cache(maxsize=4096)
def _matcher(text: str, is_pattern: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(text if is_pattern else f"{_EDGE}{re2.escape(fold(text))}{_EDGE}", options)
