"""Broadcasts that viewers report, and what administrators do about them."""

from datetime import datetime

import pytest
from django.test import Client

from accounts import reports
from accounts.errors import AccountsError, AlreadyHandled, NotThere
from accounts.models import AuditEntry, Channel, Notification, Report, User
from streaming.models import Broadcast
from streaming.recordings.models import Recording
from streaming.reporting import take_down
from tests.streaming.recordings.conftest import Record, after, media_dir, record, work

__all__ = ["after", "media_dir", "record"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


@pytest.fixture
def live(alice_channel: Channel, noon: datetime) -> Broadcast:
    return Broadcast.objects.create(channel=alice_channel, title="Sunrise", started_at=noon)


def report(broadcast: Broadcast, by: User, now: datetime) -> Report:
    reason = Report.Reason.VIOLENCE
    return reports.report(by=by, kind="broadcast", target_id=str(broadcast.pk), reason=reason, text="", now=now)


def test_it_says_what_it_was_about_whatever_it_is_called_later(
    live: Broadcast, alice: User, bob: User, noon: datetime
) -> None:
    row = report(live, bob, noon)
    Broadcast.objects.update(title="Sunset")

    row.refresh_from_db()
    assert (row.label, row.url) == ("@alice: Sunrise", f"/@alice/{live.pk}")
    assert (row.user, row.channel) == (alice, live.channel)


@pytest.mark.parametrize("target_id", ["x", "00000000-0000-0000-0000-000000000000", "../../admin"])
def test_what_is_not_there_is_not_reported(live: Broadcast, bob: User, target_id: str) -> None:
    with pytest.raises(NotThere):
        reports.find_target(bob, "broadcast", target_id)
    Broadcast.objects.update(visibility="rehearsal")
    with pytest.raises(NotThere):
        reports.find_target(bob, "broadcast", str(live.pk))


def test_viewers_find_the_way_on_both_pages(client: Client, live: Broadcast, alice: User, bob: User) -> None:
    link = f"/report/?kind=broadcast&amp;id={live.pk}"
    client.force_login(bob)
    assert link in client.get("/@alice").text
    Broadcast.objects.update(state="ended", ended_at=live.started_at)
    assert link in client.get(f"/@alice/{live.pk}").text
    assert "/report/?kind=channel&amp;id=alice" in client.get("/@alice").text
    assert "/report/?kind=channel&amp;id=alice" in client.get(link.replace("&amp;", "&")).text

    client.force_login(alice)
    assert link not in client.get(f"/@alice/{live.pk}").text


def test_taking_down_ends_it_and_tells_both_sides(
    live: Broadcast, alice: User, bob: User, erin: User, noon: datetime
) -> None:
    row = report(live, bob, noon)

    take_down(report=row, by=erin, now=noon)

    live.refresh_from_db()
    assert (live.state, live.end_reason) == ("ended", "taken_down")
    row.refresh_from_db()
    assert (row.outcome, row.handled_by) == ("taken_down", erin)
    assert set(Notification.objects.values_list("user__username", "kind")) == {
        ("alice", "taken_down"),
        ("bob", "report_handled"),
    }
    assert {"settled report", "ended broadcast"} <= set(AuditEntry.objects.values_list("action", flat=True))
    with pytest.raises(AlreadyHandled):
        take_down(report=row, by=erin, now=noon)


def test_taking_down_deletes_what_was_recorded(record: Record, bob: User, erin: User, noon: datetime) -> None:
    broadcast = work(record()).broadcast

    take_down(report=report(broadcast, bob, noon), by=erin, now=noon)

    assert not Recording.objects.shown().exists()


def test_what_is_no_broadcast_is_not_taken_down(live: Broadcast, bob: User, erin: User, noon: datetime) -> None:
    row = reports.report(by=bob, kind="channel", target_id="alice", reason=Report.Reason.SPAM, text="", now=noon)

    with pytest.raises(AccountsError):
        take_down(report=row, by=erin, now=noon)

    row.refresh_from_db()
    assert (row.outcome, Broadcast.objects.get().state) == ("", "live")


def test_the_queue_leads_to_it_and_takes_it_down(
    client: Client, live: Broadcast, bob: User, erin: User, noon: datetime
) -> None:
    row = report(live, bob, noon)
    client.force_login(erin)
    queue = client.get("/admin/accounts/report/").text
    assert f'href="/@alice/{live.pk}"' in queue
    assert "take_down_reported" in queue

    client.post("/admin/accounts/report/", {"action": "take_down_reported", "_selected_action": [str(row.pk)]})

    row.refresh_from_db()
    assert row.outcome == "taken_down"
