"""What people are told in the page: rows, and a push to the pages they have open."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import ChannelRole, Notification, Report, User
from realtime import publish_on_commit

_texts: dict[str, str | Promise] = {}
# Facts that read differently in each language: rows keep codes, and each reader gets the words of theirs.
_words: dict[str, Callable[[Any], Any]] = {
    "role": lambda code: dict(ChannelRole.Role.choices).get(code, code),
    "reason": lambda code: dict(Report.Reason.choices).get(code, code),
}


def register(kind: str, text: str | Promise) -> None:
    """A kind of notification and how it reads; `%(name)s` stands for a fact."""
    _texts[kind] = text


def register_words(fact: str, words: Callable[[Any], Any]) -> None:
    """How a fact reads, in the language that is active."""
    _words[fact] = words


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
    return {name: _words[name](fact) if name in _words else fact for name, fact in facts.items()}


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
