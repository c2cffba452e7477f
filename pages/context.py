"""What every page's frame shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.notifications import count_unread


def house(request: HttpRequest) -> dict[str, Any]:
    """The bell's figure, counted only where it is shown, and where payments go."""
    user = getattr(request, "user", None)
    unread = SimpleLazyObject(lambda: count_unread(user)) if isinstance(user, User) else 0
    return {"unread": unread, "payments": settings.PAYMENTS}
