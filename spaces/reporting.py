"""Spaces and the people in them as something that can be reported, and what administrators do about it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import notifications, reports
from accounts.errors import AccountsError
from accounts.errors import NotThere as NothingToReport
from accounts.models import Report, User
from accounts.reports import Target
from spaces.access import get_space, read_uuid
from spaces.actions import call_off, end, remove_person
from spaces.errors import NotThere
from spaces.models import Part, Space

SPACE, PERSON = "space", "space_person"


def register() -> None:
    reports.register(SPACE, _("Space"), find_space)
    reports.register(PERSON, _("person in a Space"), find_person)
    notifications.register("space_ended", _("Your Space %(about)s was ended by those who run this place: %(reason)s."))
    notifications.register("space_left", _("Those who run this place removed you from %(about)s: %(reason)s."))


def find_space(viewer: User, space_id: str) -> Target:
    """A Space whose page this viewer may open. What it was called when it was reported is kept."""
    space = _space(viewer, space_id)
    label = f"@{space.channel.name}: {space.title}"
    excerpt = "\n\n".join(filter(None, [space.title, space.about]))
    return Target(str(space.pk), label, space.get_absolute_url(), space.host, space.channel, excerpt)


def find_person(viewer: User, target_id: str) -> Target:
    """Somebody on the stage of a Space, by `<space>_<number>`; whoever leads it may name those who want to be there."""
    space_id, _line, number = target_id.partition("_")
    space = _space(viewer, space_id)
    rows = Part.objects.select_related("user").filter(space=space)
    if not rows.filter(user=viewer, role__in=Part.LEADERS).exists():
        rows = rows.filter(role__in=Part.STAGE)
    part = rows.filter(user=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if part is None:
        raise NothingToReport
    label = f"{part.user.username} @{space.channel.name}: {space.title}"
    return Target(target_id, label, space.get_absolute_url(), part.user, space.channel)


def _space(viewer: User, space_id: str) -> Space:
    try:
        return get_space(viewer, space_id)
    except NotThere as error:
        raise NothingToReport from error


@transaction.atomic
def end_reported(*, report: Report, by: User, now: datetime) -> None:
    """End a reported Space, or call it off, and settle the report.

    Raises AlreadyHandled, a SpaceError when it is over already, or AccountsError for what isn't in a Space.
    """
    space = _space_of(report)
    reports.settle(report=report, outcome=Report.Outcome.TAKEN_DOWN, by=by, now=now)
    stop = call_off if space.state == Space.State.PLANNED else end
    stop(space=space, by=by, now=now)
    _tell(space.host, "space_ended", report, f"“{space.title}”", now)


@transaction.atomic
def remove_reported(*, report: Report, by: User, now: datetime) -> None:
    """Put a reported person out of the Space for good, and settle the report. Raises the same."""
    space = _space_of(report)
    if report.kind != PERSON or report.user is None:
        raise AccountsError(_("This report isn't about somebody in a Space."))
    reports.settle(report=report, outcome=Report.Outcome.REMOVED, by=by, now=now)
    remove_person(space=space, user=report.user, by=by, now=now)
    _tell(report.user, "space_left", report, f"“{space.title}”", now)


def _space_of(report: Report) -> Space:
    number = read_uuid(report.target_id.partition("_")[0]) if report.kind in (SPACE, PERSON) else None
    space = Space.objects.select_related("channel", "host").filter(pk=number).first() if number else None
    if space is None:
        raise AccountsError(_("Only Spaces can be ended."))
    return space


def _tell(user: User, kind: str, report: Report, about: str, now: datetime) -> None:
    facts = {"about": about, "reason": report.reason}
    notifications.notify(user=user, kind=kind, now=now, key=f"report:{report.pk}:{kind}", **facts)
