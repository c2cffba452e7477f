"""Who is behind a socket, and whether they still may be."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Visitor:
    """A session as it was when its socket came. `stamp` is another one after a new password or a suspension."""

    user_id: int | None = None
    session_key: str = ""
    stamp: int = 0


STRANGER = Visitor()


def identify(session_key: str) -> Visitor:
    """Whose session this is; a stranger's when it is nobody's (any more)."""
    user = get_user(_request_of(session_key))
    if not user.is_authenticated:
        return STRANGER
    return Visitor(user.pk, session_key, _stamp(user.password, user.is_active))


def load_user(visitor: Visitor) -> Any:
    """The user as the database has them now; AnonymousUser when they may not act any more."""
    if visitor.user_id is None:
        return AnonymousUser()
    user = get_user_model()._default_manager.filter(pk=visitor.user_id, is_active=True).first()
    return user if user and _stamp(user.password, user.is_active) == visitor.stamp else AnonymousUser()


def find_gone(visitors: Iterable[Visitor]) -> set[Visitor]:
    """Those who have logged out, whose session has expired, or whose password or standing is another by now."""
    known = list({visitor for visitor in visitors if visitor.user_id is not None})
    gone: set[Visitor] = set()
    for start in range(0, len(known), _BATCH):
        gone |= _find_gone(known[start : start + _BATCH])
    return gone


def _find_gone(visitors: list[Visitor]) -> set[Visitor]:
    sessions = _session_model().objects.filter(
        session_key__in=[visitor.session_key for visitor in visitors], expire_date__gt=timezone.now()
    )
    alive = set(sessions.values_list("session_key", flat=True))
    users = get_user_model()._default_manager.filter(pk__in={visitor.user_id for visitor in visitors})
    stamps: defaultdict[int, int] = defaultdict(int)
    for pk, password, is_active in users.values_list("pk", "password", "is_active"):
        stamps[pk] = _stamp(password, is_active)
    return {one for one in visitors if one.session_key not in alive or stamps[one.user_id or 0] != one.stamp}


def _stamp(password: str, is_active: bool) -> int:
    return hash((password, is_active))


def _session_model() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()


def _request_of(session_key: str) -> HttpRequest:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return request
