"""What people are told in the page: rows, and a push to the pages they have open."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import ChannelRole, Notification, Report, User
from realtime import publish_on_commit

_texts: dict[str, str | Promise] = {}
# Facts that are codes: rows keep those, and each reader gets the words of their language.
_codes: dict[str, dict[str, Any]] = {"role": dict(ChannelRole.Role.choices), "reason": dict(Report.Reason.choices)}


def register(kind: str, text: str | Promise) -> None:
    """A kind of notification and how it reads; `%(name)s` stands for a fact."""
    _texts[kind] = text


register("went_live", _("%(channel)s is live: %(title)s"))
register("role_given", _("%(by)s made you %(role)s of %(channel)s."))
register("role_taken", _("You are no longer %(role)s of %(channel)s."))
register("channel_approved", _("Your channel %(channel)s was approved. You can go live now."))
register("channel_suspended", _("Your channel %(channel)s was suspended."))
register("channel_restored", _("Your channel %(channel)s is back."))
register("warned", _("A warning from those who run this place, about %(about)s: %(reason)s."))
register("report_handled", _("Thank you for your report about %(about)s. We looked at it and acted where needed."))


def text_of(notification: Notification) -> str:
    """A notification in the reader's language; one of a kind that is gone says its kind."""
    text = _texts.get(notification.kind, notification.kind)
    try:
        return f"{str(text) % _in_words(notification.facts)}"
    except (KeyError, TypeError, ValueError):
        return notification.kind


def _in_words(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: _codes.get(name, {}).get(fact, fact) for name, fact in facts.items()}


def notify(*, user: User, kind: str, now: datetime, url: str = "", key: str | None = None, **facts: Any) -> None:
    """Tell one person something. With a key they are told once."""
    row = Notification(user=user, kind=kind, facts=facts, url=url, key=key, created_at=now)
    Notification.objects.bulk_create([row], ignore_conflicts=True)
    push([user.pk])


def push(user_ids: Iterable[int]) -> None:
    """Tell the open pages of these people that there is one more. They don't ask back: they may be thousands."""
    for user_id in user_ids:
        publish_on_commit(f"user.{user_id}", {"type": "notified", "more": 1})


def count_unread(user: User) -> int:
    return Notification.objects.unread().filter(user=user).count()


def mark_read(*, user: User, now: datetime) -> None:
    Notification.objects.unread().filter(user=user).update(read_at=now)
    publish_on_commit(f"user.{user.pk}", {"type": "notified", "unread": 0})


def forget_before(moment: datetime) -> int:
    """Delete what was told before a moment; how much that was."""
    return Notification.objects.filter(created_at__lt=moment).delete()[0]
