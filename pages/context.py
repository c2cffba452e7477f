"""What every page's frame shows."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.notifications import count_unread


def house(request: HttpRequest) -> dict[str, Any]:
    """The bell's figure, counted only where it is shown."""
    user = getattr(request, "user", None)
    return {"unread": SimpleLazyObject(lambda: count_unread(user)) if isinstance(user, User) else 0}
