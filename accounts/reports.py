"""Reports from viewers: what can be reported, the queue, and how a report ends.

Apps register the kinds of things they show; each finds one by the id that came from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit, limits
from accounts.access import get_person, get_public_channel
from accounts.errors import AccountsError, AlreadyHandled, NotThere
from accounts.models import Channel, Report, User
from accounts.notifications import notify

A_DAY = 20


@dataclass(frozen=True)
class Target:
    """What a report is about: where it can be seen, what it said, and who answers for it."""

    target_id: str
    label: str
    url: str
    user: User | None
    channel: Channel | None = None
    excerpt: str = ""


Find = Callable[[User, str], Target]
_kinds: dict[str, tuple[str | Promise, Find]] = {}


def register(kind: str, label: str | Promise, find: Find) -> None:
    """Something that can be reported; `find(viewer, id)` raises NotThere for what the viewer can't see."""
    _kinds[kind] = (label, find)


def kind_label(kind: str) -> str:
    return str(_kinds[kind][0]) if kind in _kinds else kind


def find_target(viewer: User, kind: str, target_id: str) -> Target:
    """What somebody wants to report. Raises NotThere."""
    if kind not in _kinds or not 0 < len(target_id) <= 64:
        raise NotThere
    return _kinds[kind][1](viewer, target_id)


def report(*, by: User, kind: str, target_id: str, reason: Report.Reason, text: str, now: datetime) -> Report:
    """Put something into the queue; a second report of the same while the first is open adds nothing.

    Raises NotThere, TooMany, or AccountsError for one's own.
    """
    target = find_target(by, kind, target_id)
    if target.user is not None and target.user.pk == by.pk:
        raise AccountsError(_("You can't report yourself."))
    limits.count("reports", by.pk, at_most=A_DAY, within_s=86400)
    row = Report(
        kind=kind,
        target_id=target.target_id,
        label=target.label[:200],
        url=target.url,
        excerpt=target.excerpt,
        user=target.user,
        channel=target.channel,
        reporter=by,
        reason=reason,
        text=text,
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return Report.objects.get(reporter=by, kind=kind, target_id=target.target_id, outcome="")
    return row


@transaction.atomic
def settle(*, report: Report, outcome: Report.Outcome, by: User, now: datetime) -> Report:
    """Close a report. Raises AlreadyHandled when somebody else was faster.

    Suspending is done by whoever calls this, through the action for it; here it is written down, and people are told.
    """
    report = Report.objects.select_for_update().get(pk=report.pk)
    if report.outcome:
        raise AlreadyHandled
    report.outcome, report.handled_by, report.handled_at = outcome, by, now
    report.save(update_fields=["outcome", "handled_by", "handled_at"])
    audit.record(by, "settled report", report, outcome=str(outcome), user=report.user.username if report.user else "")
    facts = {"about": report.label, "reason": report.reason}
    if outcome == Report.Outcome.WARNED and report.user is not None:
        notify(user=report.user, kind="warned", now=now, url=report.url, key=f"report:{report.pk}", **facts)
    if report.reporter is not None:
        notify(user=report.reporter, kind="report_handled", now=now, about=report.label)
    return report


def _find_channel(viewer: User, name: str) -> Target:
    channel = get_public_channel(name)
    return Target(channel.name, f"@{channel.name}", f"/@{channel.name}", channel.owner, channel, channel.title)


def _find_person(viewer: User, name: str) -> Target:
    person = get_person(name)
    return Target(person.username, person.shown_name, f"/users/{person.username}", person, excerpt=person.bio)


register("channel", _("channel"), _find_channel)
register("user", _("person"), _find_person)
