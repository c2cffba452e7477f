"""Reminders of Spaces: asked for with a button, told once before it begins, in the page and by mail."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, TestCase
from django.utils import timezone
from icalendar import Calendar

from accounts.actions import block, edit_profile
from accounts.models import Channel, Notification, User
from accounts.notifications import text_of
from spaces import actions, forgetting, reminding
from spaces.actions import Plan
from spaces.models import Reminder, Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def planned(alice: User, alice_channel: Channel, noon: datetime) -> Space:
    plan = Plan("Evening talk", starts_at=noon + 60 * MINUTE)
    return actions.plan(channel=alice_channel, host=alice, plan=plan, now=noon)


@pytest.fixture
def reminded(planned: Space, bob: User, noon: datetime) -> Space:
    reminding.remind(space=planned, user=bob, now=noon)
    return planned


def told_at(now: datetime, user: User) -> list[str]:
    """What somebody has been told once the sweep has come by at this time."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        reminding.tell_due(now)
    return [row.kind for row in Notification.objects.filter(user=user).order_by("pk")]


def test_people_are_told_once_shortly_before(reminded: Space, bob: User, dave: User, noon: datetime) -> None:
    assert told_at(noon + 49 * MINUTE, bob) == []
    assert told_at(noon + 50 * MINUTE, bob) == ["space_soon"]
    assert told_at(noon + 55 * MINUTE, bob) == ["space_soon"]
    assert told_at(noon + 55 * MINUTE, dave) == []

    assert text_of(Notification.objects.get()) == "The Space “Evening talk” of alice begins in a few minutes."
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["bob@example.com"], "“Evening talk” begins in a few minutes")
    ]
    assert reminded.get_absolute_url() in str(mail.outbox[0].body)


def test_a_space_that_opens_early_is_told_of_then(reminded: Space, alice: User, bob: User, noon: datetime) -> None:
    actions.open_planned(space=reminded, by=alice, now=noon)

    assert told_at(noon + MINUTE, bob) == ["space_open"]
    assert told_at(noon + 2 * MINUTE, bob) == ["space_open"]


def test_a_space_that_moves_is_told_of_at_its_new_time(reminded: Space, alice: User, bob: User, noon: datetime) -> None:
    assert told_at(noon + 55 * MINUTE, bob) == ["space_soon"]
    plan = Plan("Evening talk", starts_at=noon + 120 * MINUTE)
    actions.change(space=reminded, plan=plan, by=alice, now=noon + 55 * MINUTE)

    assert told_at(noon + 56 * MINUTE, bob) == ["space_soon"]
    assert told_at(noon + 110 * MINUTE, bob) == ["space_soon"] * 2


def test_a_space_that_is_called_off_is_told_of(reminded: Space, alice: User, bob: User, noon: datetime) -> None:
    told_at(noon + 55 * MINUTE, bob)
    actions.call_off(space=reminded, by=alice, now=noon)

    assert told_at(noon + 56 * MINUTE, bob) == ["space_soon", "space_off"]


@pytest.mark.parametrize(
    ("switches", "in_page", "by_mail"),
    [
        ({}, 1, 1),
        ({"spaces_in_page": False}, 0, 1),
        ({"spaces_by_mail": False}, 1, 0),
        ({"live_in_page": False, "live_by_mail": False}, 1, 1),
    ],
)
def test_every_switch_counts(
    reminded: Space, bob: User, noon: datetime, switches: dict[str, bool], in_page: int, by_mail: int
) -> None:
    edit_profile(user=bob, changes=switches)

    assert (len(told_at(noon + 55 * MINUTE, bob)), len(mail.outbox)) == (in_page, by_mail)


def test_whom_the_host_keeps_away_hears_nothing(reminded: Space, alice: User, bob: User, noon: datetime) -> None:
    block(user=alice, other=bob)

    assert told_at(noon + 55 * MINUTE, bob) == []
    assert mail.outbox == []


def test_the_button_asks_and_takes_it_back(client: Client, alice: User, alice_channel: Channel, bob: User) -> None:
    now = timezone.now()
    plan = Plan("Evening talk", starts_at=now + timedelta(days=1))
    space = actions.plan(channel=alice_channel, host=alice, plan=plan, now=now)
    page = space.get_absolute_url()
    assert "Log in to be reminded" in client.get(page).content.decode()

    client.force_login(bob)
    assert "Remind me" in client.get(page).content.decode()
    for _click in range(2):
        client.post(f"{page}/remind", {"wanted": "1"})
    assert Reminder.objects.filter(user=bob).count() == 1
    assert "ten minutes before" in client.get(page).content.decode()
    client.post(f"{page}/remind", {"wanted": "0"})
    assert not Reminder.objects.exists()

    actions.call_off(space=space, by=alice, now=now)
    assert "open or over already" in client.post(f"{page}/remind", {"wanted": "1"}, follow=True).content.decode()


def test_a_channels_feed_and_schedule_have_its_spaces(client: Client, alice: User, alice_channel: Channel) -> None:
    now = timezone.now()
    for title, is_off in (("Evening talk", False), ("Morning talk", True)):
        plan = Plan(title, starts_at=now + timedelta(days=1))
        space = actions.plan(channel=alice_channel, host=alice, plan=plan, now=now)
        if is_off:
            actions.call_off(space=space, by=alice, now=now)

    feed: Any = Calendar.from_ical(client.get("/@alice/schedule.ics").content)
    found = {str(event["summary"]): str(event["status"]) for event in feed.walk("VEVENT")}
    assert found == {"Evening talk": "CONFIRMED", "Morning talk": "CANCELLED"}
    schedule = client.get("/@alice/schedule").content.decode()
    assert ("Evening talk" in schedule, "Morning talk" in schedule) == (True, False)


def test_whoever_waits_for_a_space_of_a_deleted_account_is_told(
    reminded: Space, alice: User, bob: User, noon: datetime
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        forgetting.forget_spaces_of(user=alice, now=noon)

    assert not Space.objects.exists()
    assert [row.kind for row in Notification.objects.filter(user=bob)] == ["space_off"]
