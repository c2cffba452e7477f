"""Spaces where people find them: lists, search, their own page, calendars."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from accounts.actions import block
from accounts.models import Channel, Follow, User
from spaces import actions, listing
from spaces.actions import Plan
from spaces.models import Audience, Part, Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

FORM = {
    "title": "Evening talk",
    "topics": "jazz, tea",
    "audience": "public",
    "about": "",
    "language": "",
    "starts_at": "",
}


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_a_space_opens_at_once_or_is_announced(as_alice: Client, alice_channel: Channel) -> None:
    opened = as_alice.post("/spaces/new", FORM | {"channel": str(alice_channel.pk)})
    space = Space.objects.get()
    assert (opened["Location"], space.state) == (f"/spaces/{space.pk}", "live")

    again = as_alice.post("/spaces/new", FORM | {"channel": str(alice_channel.pk)})
    assert "has a Space that is open" in again.content.decode()

    later = (timezone.now() + timedelta(days=1)).isoformat()
    as_alice.post("/spaces/new", FORM | {"channel": str(alice_channel.pk), "title": "Later", "starts_at": later})
    assert Space.objects.get(title="Later").state == "planned"


def test_nobody_opens_one_in_anothers_name(client: Client, bob: User, alice_channel: Channel) -> None:
    client.force_login(bob)
    reply = client.post("/spaces/new", FORM | {"channel": str(alice_channel.pk)})

    assert reply.status_code == 422
    assert not Space.objects.exists()


def test_spaces_are_found(client: Client, staged: Space, alice: User, bob: User, alice_channel: Channel) -> None:
    staged.topics.create(name="jazz")
    now = timezone.now()
    later = Plan("Tomorrow’s talk", starts_at=now + timedelta(days=1))
    actions.plan(channel=alice_channel, host=alice, plan=later, now=now)

    for path in (
        "/",
        "/spaces/",
        "/search?q=evning",
        "/search?q=jazz&kind=spaces",
        "/search?q=carol",
        "/spaces/?topic=jazz",
        "/tags/jazz",
        "/@alice",
        "/users/carol",
    ):
        assert "Evening talk" in client.get(path).content.decode(), path
    for path in ("/", "/@alice"):
        assert "Tomorrow’s talk" in client.get(path).content.decode(), path
    for path in ("/spaces/?topic=tea", "/tags/tea", "/users/dave"):
        assert "Evening talk" not in client.get(path).content.decode(), path
    actions.end(space=staged, by=alice, now=now)
    assert "Evening talk" not in client.get("/").content.decode()


def test_those_whom_the_host_keeps_away_find_nothing(client: Client, staged: Space, alice: User, dave: User) -> None:
    block(user=alice, other=dave)
    client.force_login(dave)

    assert "Evening talk" not in client.get("/spaces/").content.decode()
    assert client.get(staged.get_absolute_url()).status_code == 404


def test_followed_ones_come_first(staged: Space, dave: User, noon: datetime) -> None:
    hank = User.objects.create(username="hank", email="hank@example.com")
    other = Channel.objects.create(name="hank", owner=hank)
    newer = actions.open_now(channel=other, host=hank, plan=Plan("Newer"), now=noon + timedelta(minutes=1))
    assert list(listing.live(dave)) == [newer, staged]

    Follow.objects.create(channel=staged.channel, user=dave)
    assert list(listing.live(dave)) == [staged, newer]

    # Somebody whose channel is followed speaks there.
    Follow.objects.all().delete()
    iris = User.objects.create(username="iris", email="iris@example.com")
    Follow.objects.create(channel=Channel.objects.create(name="iris", owner=iris), user=dave)
    Part.objects.create(space=staged, user=iris, role="speaker", on_stage_at=noon)
    assert list(listing.live(dave)) == [staged, newer]
    assert [card.followed for card in listing.cards(dave, [staged, newer])] == [[iris], []]


def test_a_closed_one_says_for_whom_it_is(client: Client, staged: Space) -> None:
    Space.objects.update(audience=Audience.SUBSCRIBERS)
    page = client.get(staged.get_absolute_url()).content.decode()

    assert "for those who subscribe" in page
    assert "space-state" not in page


def test_lists_cost_the_same_however_long(client: Client, staged: Space, noon: datetime) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/spaces/")
        return len(queries)

    client.force_login(staged.host)

    actions.plan(channel=staged.channel, host=staged.host, plan=Plan("Later", starts_at=timezone.now()), now=noon)
    cost()
    before = cost()
    for number in range(5):
        host = User.objects.create(username=f"h{number}", email=f"h{number}@example.com")
        channel = Channel.objects.create(name=f"h{number}", owner=host)
        actions.open_now(channel=channel, host=host, plan=Plan("One more", topics=["tea"]), now=noon)
        actions.plan(channel=channel, host=host, plan=Plan("Later", starts_at=timezone.now()), now=noon)
    assert cost() == before


def test_an_announced_one_goes_into_calendars(client: Client, alice: User, alice_channel: Channel) -> None:
    now = timezone.now().replace(microsecond=0)
    starts_at = now + timedelta(days=1)
    space = actions.plan(channel=alice_channel, host=alice, plan=Plan("Later", starts_at=starts_at), now=now)
    actions.change(space=space, plan=Plan("Later still", starts_at=starts_at), by=alice, now=now)
    actions.call_off(space=space, by=alice, now=now)

    (event,) = Calendar.from_ical(client.get(f"/spaces/{space.pk}.ics").content).walk("VEVENT")
    assert (str(event["summary"]), event["sequence"], str(event["status"])) == ("Later still", 2, "CANCELLED")
    assert (event.decoded("dtstart"), str(event["uid"])) == (starts_at, str(space.pk))


def test_admins_end_spaces_and_remove_speakers(client: Client, staged: Space, erin: User, carol: User) -> None:
    client.force_login(erin)
    part = Part.objects.get(user=carol)
    client.post("/admin/spaces/part/", {"action": "remove_people", "_selected_action": [str(part.pk)]})
    part.refresh_from_db()
    assert (part.role, part.removed_at is not None) == ("listener", True)

    client.post("/admin/spaces/space/", {"action": "end_spaces", "_selected_action": [str(staged.pk)]})
    staged.refresh_from_db()
    assert staged.state == "ended"
