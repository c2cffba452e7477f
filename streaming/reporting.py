"""Broadcasts that viewers report, on air or over, and what becomes of one that is taken down."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import notifications, reports
from accounts.errors import AccountsError, NotThere
from accounts.models import Report, User
from accounts.reports import Target
from streaming.access import get_watchable_broadcast
from streaming.actions import end_broadcast
from streaming.errors import NotWatchable
from streaming.models import Broadcast
from streaming.recordings.actions import delete_replay

KIND = "broadcast"


def register_kinds() -> None:
    reports.register(KIND, _("broadcast"), find_broadcast)
    notifications.register("taken_down", _("Your broadcast %(about)s was taken down: %(reason)s."))


def find_broadcast(viewer: User, broadcast_id: str) -> Target:
    """A broadcast whose page this viewer may open. What it was called when it was reported is kept."""
    try:
        broadcast = get_watchable_broadcast(viewer, UUID(broadcast_id))
    except (NotWatchable, ValueError) as error:
        raise NotThere from error
    channel = broadcast.channel
    return Target(
        target_id=str(broadcast.pk),
        label=f"@{channel.name}: {broadcast.display_title}",
        url=reverse("watch-broadcast", args=[channel.name, broadcast.pk]),
        user=channel.owner,
        channel=channel,
        excerpt=broadcast.display_title,
    )


@transaction.atomic
def take_down(*, report: Report, by: User, now: datetime) -> None:
    """End a reported broadcast, delete what was recorded of it, and settle the report.

    Raises AlreadyHandled, or AccountsError when the report is about something else.
    """
    broadcast = Broadcast.objects.filter(pk=report.target_id).first() if report.kind == KIND else None
    if broadcast is None:
        raise AccountsError(_("Only broadcasts can be taken down."))
    reports.settle(report=report, outcome=Report.Outcome.TAKEN_DOWN, by=by, now=now)
    broadcast = end_broadcast(broadcast=broadcast, now=now, reason=Broadcast.EndReason.TAKEN_DOWN, by=by)
    delete_replay(broadcast=broadcast, by=by, now=now)
    if report.user is not None:
        facts = {"about": report.label, "reason": report.reason}
        notifications.notify(user=report.user, kind="taken_down", now=now, key=f"report:{report.pk}", **facts)
