"""Who watches, without saying who: keys that are others tomorrow, for caps and for nothing else."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from accounts.networks import network_of
from ads.seals import seal

COOKIE = "estrade_ads"
_SALT = "ads.viewer"
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Viewer:
    """`who` is "" for a browser that has no key of its own (yet): it goes by its neighbourhood, `network`."""

    who: str
    network: str

    def key(self, at: datetime) -> str:
        return _hidden(f"{self.who or self.network}:{at.toordinal()}")

    def is_known_by(self, key: str, at: datetime) -> bool:
        """By today's key or yesterday's: an ad may be under way at midnight."""
        return key == self.key(at) or key == self.key(at - _A_DAY)


def viewer_of(request: HttpRequest, now: datetime) -> Viewer:
    user = request.user
    who = f"user:{user.pk}" if user.is_authenticated else _from_cookie(request)
    return Viewer(who, network_of(request.META.get("REMOTE_ADDR", ""), now))


def give_key(request: HttpRequest, response: HttpResponse) -> None:
    """A stranger's browser gets a key for a day, on the page before it asks for its first ad."""
    if request.user.is_authenticated or _from_cookie(request):
        return
    response.set_signed_cookie(
        COOKIE,
        secrets.token_urlsafe(12),
        salt=_SALT,
        max_age=_A_DAY,
        httponly=True,
        samesite="Lax",
        secure=settings.IS_HTTPS,
    )


def _from_cookie(request: HttpRequest) -> str:
    try:
        found = request.get_signed_cookie(COOKIE, salt=_SALT, max_age=_A_DAY)
    except (KeyError, BadSignature):
        return ""
    return f"browser:{found}"


def _hidden(text: str) -> str:
    return seal(_SALT, text.encode())[:16]
