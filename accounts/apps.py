from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and channels")

    def ready(self) -> None:
        from realtime import topics

        topics.register("user", _is_oneself, _count_unread)


def _is_oneself(user: Any, key: str) -> bool:
    return bool(user.is_authenticated and str(user.pk) == key)


def _count_unread(user: Any, key: str) -> dict[str, Any]:
    from accounts.notifications import count_unread

    return {"type": "notified", "unread": count_unread(user)}
