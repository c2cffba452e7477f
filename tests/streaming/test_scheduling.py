from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from accounts.models import Channel, User
from streaming import scheduling
from streaming.describing import Details
from streaming.errors import NotPlanned, ScheduleFull
from streaming.models import Broadcast, ScheduledBroadcast
from streaming.scheduling import Announcement
from tests.streaming.conftest import FakeIngest
from tests.streaming.test_actions import admit

pytestmark = pytest.mark.django_db


def announce(
    channel: Channel, by: User, now: datetime, starts_at: datetime, title: str = "Concert"
) -> ScheduledBroadcast:
    announcement = Announcement(starts_at, 90, 'Songs, and *more*; with "guests"', Details(title, tags=["jazz"]))
    return scheduling.plan(channel=channel, announcement=announcement, by=by, now=now)


@pytest.mark.parametrize(
    ("minutes", "title"),
    [(-20, "Concert"), (0, "Concert"), (55, "Concert"), (-31, "Alpine mornings"), (61, "Alpine mornings")],
)
def test_a_stream_near_its_time_takes_what_was_announced(
    alice_channel: Channel, alice: User, ingest: FakeIngest, noon: datetime, minutes: int, title: str
) -> None:
    announced = announce(alice_channel, alice, noon, noon + timedelta(hours=5))

    broadcast = admit(alice_channel, announced.starts_at + timedelta(minutes=minutes)).broadcast

    assert broadcast.title == title
    announced.refresh_from_db()
    assert (announced.broadcast == broadcast) is (title == "Concert")
    assert [tag.name for tag in broadcast.tags.all()] == (["jazz"] if title == "Concert" else [])


def test_of_two_the_nearest_is_taken(alice_channel: Channel, alice: User, noon: datetime) -> None:
    announce(alice_channel, alice, noon, noon + timedelta(hours=5), "First")
    announce(alice_channel, alice, noon, noon + timedelta(hours=5, minutes=40), "Second")

    due = scheduling.due(alice_channel, noon + timedelta(hours=5, minutes=25))

    assert due is not None
    assert due.title == "Second"


def test_what_was_called_off_is_not_taken(
    alice_channel: Channel, alice: User, ingest: FakeIngest, noon: datetime
) -> None:
    announced = announce(alice_channel, alice, noon, noon + timedelta(minutes=10))
    scheduling.cancel(scheduled=announced, by=alice, now=noon)

    assert admit(alice_channel, noon).broadcast.title == "Alpine mornings"
    with pytest.raises(NotPlanned):
        scheduling.cancel(scheduled=announced, by=alice, now=noon)


def test_a_channel_announces_so_much_and_no_more(
    alice_channel: Channel, alice: User, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "MOST_PLANNED", 2)
    for hour in (1, 2):
        announce(alice_channel, alice, noon, noon + timedelta(hours=hour))

    with pytest.raises(ScheduleFull):
        announce(alice_channel, alice, noon, noon + timedelta(hours=3))


def feed(client: Client, path: str = "/@alice/schedule.ics") -> list[dict[str, object]]:
    answer = client.get(path)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return [dict(event) for event in Calendar.from_ical(answer.content).walk("VEVENT")]


def test_calendars_follow_a_change_and_strike_out_what_was_called_off(
    client: Client, alice_channel: Channel, alice: User
) -> None:
    now = timezone.now().replace(microsecond=0)
    announced = announce(alice_channel, alice, now, now + timedelta(days=2))
    (first,) = feed(client)
    assert (first["UID"], first["SEQUENCE"], first["STATUS"]) == (str(announced.pk), 0, "CONFIRMED")
    assert first["SUMMARY"] == "Concert"
    assert "Songs, and *more*" in str(first["DESCRIPTION"])

    moved = Announcement(now + timedelta(days=3), 60, "", Details("Concert, later"))
    scheduling.replan(scheduled=announced, announcement=moved, by=alice, now=now + timedelta(minutes=1))
    (second,) = feed(client)
    assert (second["UID"], second["SEQUENCE"]) == (first["UID"], 1)
    assert second["DTSTART"].dt == now + timedelta(days=3)  # type: ignore[attr-defined]

    scheduling.cancel(scheduled=announced, by=alice, now=now + timedelta(minutes=2))
    (third,) = feed(client)
    assert (third["UID"], third["SEQUENCE"], third["STATUS"]) == (first["UID"], 2, "CANCELLED")
    assert feed(client, f"/@alice/schedule/{announced.pk}.ics") == [third]


def test_a_title_stays_within_its_line(client: Client, alice_channel: Channel, alice: User) -> None:
    now = timezone.now()
    announced = announce(alice_channel, alice, now, now + timedelta(days=1))
    ScheduledBroadcast.objects.update(title="Bad\r\nATTENDEE:mailto:x", about="a\r\nEND:VEVENT\r\nBEGIN:VEVENT")

    (event,) = feed(client)

    assert "ATTENDEE" not in event
    assert event["UID"] == str(announced.pk)


def test_the_calendar_of_a_suspended_channel_is_not_there(client: Client, alice_channel: Channel) -> None:
    Channel.objects.update(is_suspended=True)

    assert client.get("/@alice/schedule.ics").status_code == 404


def test_events_belong_to_their_channel(client: Client, alice_channel: Channel, alice: User, bob: User) -> None:
    now = timezone.now()
    announced = announce(alice_channel, alice, now, now + timedelta(days=1))
    Channel.objects.create(name="bob", owner=bob)

    assert client.get(f"/@alice/schedule/{announced.pk}.ics").status_code == 200
    assert client.get(f"/@bob/schedule/{announced.pk}.ics").status_code == 404
    assert not Broadcast.objects.exists()
