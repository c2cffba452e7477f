"""Spaces and people in them that are reported, and what administrators do about them."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts import reports
from accounts.actions import block
from accounts.errors import AccountsError, AlreadyHandled, NotThere
from accounts.models import Notification, Report, User
from spaces import actions
from spaces.errors import NotLive
from spaces.models import Part, Space
from spaces.reporting import end_reported, remove_reported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def report(target_id: str, by: User, *, kind: str = "space") -> Report:
    reason = Report.Reason.HARASSMENT
    return reports.report(by=by, kind=kind, target_id=target_id, reason=reason, text="", now=timezone.now())


def report_person(space: Space, user: User, by: User) -> Report:
    return report(f"{space.pk}_{user.pk}", by, kind="space_person")


def test_a_report_says_what_and_whom_it_is_about(staged: Space, alice: User, carol: User, dave: User) -> None:
    of_space, of_person = report(str(staged.pk), dave), report_person(staged, carol, dave)

    assert (of_space.label, of_space.user, of_space.url) == ("@alice: Evening talk", alice, f"/spaces/{staged.pk}")
    assert (of_person.label, of_person.user, of_person.channel) == ("carol @alice: Evening talk", carol, staged.channel)


@pytest.mark.parametrize("target", ["x", "{space}", "{space}_", "{space}_x", "{space}_{listener}", "{space}_99999999"])
def test_only_who_is_on_the_stage_is_reported_there(staged: Space, carol: User, dave: User, target: str) -> None:
    target_id = target.format(space=staged.pk, listener=dave.pk)
    with pytest.raises(NotThere):
        reports.find_target(carol, "space_person", target_id)


def test_who_leads_reports_those_who_want_on_the_stage(staged: Space, bob: User, carol: User, dave: User) -> None:
    actions.raise_hand(space=staged, user=dave, now=timezone.now())

    assert report_person(staged, dave, bob).user == dave
    with pytest.raises(NotThere):
        report_person(staged, dave, carol)


def test_whom_the_host_keeps_away_reports_nothing(staged: Space, alice: User, dave: User) -> None:
    block(user=alice, other=dave)
    for target_id, kind in ((str(staged.pk), "space"), (f"{staged.pk}_{alice.pk}", "space_person")):
        with pytest.raises(NotThere):
            report(target_id, dave, kind=kind)


def test_a_reported_space_is_ended_once(staged: Space, alice: User, dave: User, erin: User, noon: datetime) -> None:
    row = report(str(staged.pk), dave)
    with pytest.raises(AccountsError):
        remove_reported(report=row, by=erin, now=noon)
    end_reported(report=row, by=erin, now=noon)
    with pytest.raises(AlreadyHandled):
        end_reported(report=row, by=erin, now=noon)

    staged.refresh_from_db()
    row.refresh_from_db()
    assert (staged.state, row.outcome) == ("ended", "taken_down")
    assert Notification.objects.get(user=alice).kind == "space_ended"
    assert Notification.objects.get(user=dave).kind == "report_handled"


def test_what_is_over_leaves_its_report_open(staged: Space, alice: User, dave: User, noon: datetime) -> None:
    row = report(str(staged.pk), dave)
    actions.end(space=staged, by=alice, now=noon)
    with pytest.raises(NotLive):
        end_reported(report=row, by=alice, now=noon)

    row.refresh_from_db()
    assert row.outcome == ""


def test_administrators_act_from_the_queue(
    client: Client, staged: Space, alice: User, carol: User, dave: User, erin: User
) -> None:
    of_person, of_space = report_person(staged, carol, dave), report(str(staged.pk), dave)
    client.force_login(erin)
    for row, action in ((of_person, "remove_reported_people"), (of_space, "end_reported_spaces")):
        client.post("/admin/accounts/report/", {"action": action, "_selected_action": [str(row.pk)]})

    assert set(Report.objects.values_list("outcome", flat=True)) == {"removed", "taken_down"}
    part = Part.objects.get(user=carol)
    assert (part.role, part.removed_at is not None) == ("listener", True)
    staged.refresh_from_db()
    assert staged.state == "ended"


def test_people_find_the_way(client: Client, staged: Space, alice: User, dave: User) -> None:
    link = f"/report/?kind=space&amp;id={staged.pk}"
    page = staged.get_absolute_url()
    client.force_login(dave)
    assert link in client.get(page).text
    assert f"kind=space_person&amp;id={staged.pk}_" in client.get(page).text
    assert client.get(link.replace("&amp;", "&")).status_code == 200

    client.force_login(alice)
    assert link not in client.get(page).text
