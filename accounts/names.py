"""Which names people and channels may have: no address of ours, and nobody who sounds as if they ran the house."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import gettext_lazy as _

user_name_validator = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_-]*\Z", _("Use letters, digits, - and _, and begin with a letter or digit.")
)
channel_name_validator = RegexValidator(
    r"^[a-z0-9][a-z0-9_-]*\Z", _("Use small letters, digits, - and _, and begin with a letter or digit.")
)

_WORDS = """
    about abuse account accounts admin administrator admins all ads anonymous api app apps assets billing blog bot
    bots browse categories category channel channels chat clip clips contact dashboard deleted demo directory
    discover discovery docs download edit editor editors embed estrade everyone explore faq favicon feed feeds
    follow followers following forum guest help here home hooks host hosts imprint ingest invite jobs legal live
    login logout mail me media messages mod moderation moderator moderators mods money new news nobody none
    notifications null official operator owner owners pay payments payout payouts police postmaster press privacy
    profile recordings register replay report reports root rss rtmp rtmps schedule search security self service
    settings sfu shop signin signout signup site sitemap space spaces staff static stats status store stream streams
    studio subscribe subscriptions support sysadmin system tag tags team teams terms test tips trust undefined
    update uploads user username users verify video videos vip vips watch webhooks webmaster well-known widget
    widgets ws www
"""
RESERVED = frozenset(_WORDS.split())
FORMER = "deleted-"
_SEGMENT = re.compile(r"[a-z0-9_.-]+")


@cache
def reserved_names() -> frozenset[str]:
    """The list above and the first segment of every address that the URLconf knows."""
    return RESERVED | frozenset(_first_segments(get_resolver().url_patterns))


def _first_segments(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        route = str(pattern.pattern).removeprefix("^")
        if not route and isinstance(pattern, URLResolver):
            yield from _first_segments(pattern.url_patterns)
        elif match := _SEGMENT.match(route):
            yield match[0].lower()


def check_not_reserved(name: str) -> None:
    """Raises ValidationError for a name that stands for the house or leads somewhere already."""
    if name.lower() in reserved_names() or name.lower().startswith(FORMER):
        raise ValidationError(_("That name is reserved. Choose another one."), code="reserved")
