"""The studio: who gets in, and what its forms do."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Channel, ChannelRole, User
from streaming.models import Broadcast, Category, ScheduledBroadcast
from tests.streaming.conftest import FakeIngest
from tests.streaming.test_actions import admit

pytestmark = pytest.mark.django_db

PAGES = [
    ("GET", "/studio/alice/"),
    ("GET", "/studio/alice/status"),
    ("GET", "/studio/alice/rates"),
    ("GET", "/studio/alice/plots"),
    ("GET", "/studio/alice/broadcasts"),
    ("GET", "/studio/alice/broadcasts/{broadcast}"),
    ("GET", "/studio/alice/broadcasts/{broadcast}/plots"),
    ("GET", "/studio/alice/schedule"),
    ("GET", "/studio/alice/schedule/{event}"),
    ("POST", "/studio/alice/key"),
    ("POST", "/studio/alice/reset-key"),
    ("POST", "/studio/alice/details"),
    ("POST", "/studio/alice/visibility"),
    ("POST", "/studio/alice/go-public"),
    ("POST", "/studio/alice/end"),
    ("POST", "/studio/alice/schedule/{event}/cancel"),
]
CREW_TOO = ("/studio/alice/", "/studio/alice/status")
OWNER_ALONE = ("/studio/alice/key", "/studio/alice/reset-key")


@pytest.fixture
def broadcast(alice_channel: Channel, ingest: FakeIngest, noon: datetime) -> Broadcast:
    return admit(alice_channel, noon).broadcast


@pytest.fixture
def event(alice_channel: Channel) -> ScheduledBroadcast:
    now = timezone.now()
    return ScheduledBroadcast.objects.create(
        channel=alice_channel, title="Concert", starts_at=now + timedelta(days=1), created_at=now, updated_at=now
    )


@pytest.mark.parametrize("who", ["nobody", "dave", "moderator", "editor", "alice"])
@pytest.mark.parametrize(("method", "path"), PAGES)
def test_who_gets_in(
    client: Client,
    alice: User,
    carol: User,
    dave: User,
    broadcast: Broadcast,
    event: ScheduledBroadcast,
    who: str,
    method: str,
    path: str,
) -> None:
    """Owner and editors; the key is the owner's alone, and moderators look on."""
    if who in ("moderator", "editor"):
        ChannelRole.objects.create(channel=broadcast.channel, user=carol, role=who)
    user = {"nobody": None, "dave": dave, "alice": alice}.get(who, carol)
    if user is not None:
        client.force_login(user)

    answer = client.generic(method, path.format(broadcast=broadcast.pk, event=event.pk))

    lets_in = who == "alice" or (who == "editor" and path not in OWNER_ALONE)
    lets_in |= who == "moderator" and path in CREW_TOO
    if who == "nobody":
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")
    else:
        assert (answer.status_code != 404) is lets_in
        assert answer.status_code < 500


def test_editing_live(client: Client, alice: User, broadcast: Broadcast) -> None:
    music = Category.objects.create(name="Music", slug="music")
    client.force_login(alice)
    fields = {"title": " Evening jazz ", "category": music.pk, "tags": "Jazz, #live", "language": "fr"}

    assert client.post("/studio/alice/details", fields).status_code == 302

    page = client.get("/@alice").content.decode()
    for text in ("Evening jazz", "/categories/music", "/tags/jazz", "/tags/live", "French"):
        assert text in page


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"title": "x" * 141}, "140"),
        ({"tags": "a b c d e f"}, "At most 5 tags"),
        ({"tags": "no/slash"}, "A tag is one word"),
        ({"language": "klingon"}, "valid choice"),
        ({"category": "999"}, "valid choice"),
        ({"title": "two\u2028lines"}, "one line"),
    ],
)
def test_what_cannot_be_said_is_told(
    client: Client, alice: User, broadcast: Broadcast, fields: dict[str, str], complaint: str
) -> None:
    client.force_login(alice)

    answer = client.post("/studio/alice/details", fields)

    assert answer.status_code == 422
    assert complaint in answer.content.decode()


def test_a_rehearsal_goes_public_with_one_button(client: Client, alice: User, broadcast: Broadcast) -> None:
    client.force_login(alice)
    client.post("/studio/alice/visibility", {"visibility": "rehearsal"})
    assert b"You are rehearsing" in client.get("/studio/alice/").content
    assert Client().get("/@alice").context["broadcast"] is None

    client.post("/studio/alice/go-public")

    assert b"You are live" in client.get("/studio/alice/").content
    assert Client().get("/@alice").context["broadcast"] == broadcast


def test_an_unknown_visibility_changes_nothing(client: Client, alice: User, broadcast: Broadcast) -> None:
    client.force_login(alice)
    client.post("/studio/alice/visibility", {"visibility": "mine"})

    broadcast.refresh_from_db()
    assert broadcast.visibility == "public"


def test_planning_changing_and_calling_off(client: Client, alice: User, alice_channel: Channel) -> None:
    client.force_login(alice)
    at = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    fields = {"title": "Concert", "starts_at": at.isoformat().replace("+00:00", "Z"), "duration_min": "90"}
    assert client.post("/studio/alice/schedule", fields).status_code == 302
    event = ScheduledBroadcast.objects.get()
    assert event.starts_at == at
    for path in ("/", "/@alice", "/@alice/schedule", "/upcoming"):
        assert b"Concert" in client.get(path).content

    client.post(f"/studio/alice/schedule/{event.pk}", fields | {"title": "Concert, moved"})
    assert b"Concert, moved" in client.get("/upcoming").content
    client.post(f"/studio/alice/schedule/{event.pk}/cancel")
    assert b"Concert" not in client.get("/upcoming").content
    assert b"called off" in client.get(f"/@alice/schedule/{event.pk}").content


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"starts_at": "yesterday"},
        {"starts_at": "2001-01-01T00:00Z"},
        {"starts_at": "2999-01-01T00:00Z"},
        {"duration_min": "0"},
        {"duration_min": "99999999999"},
        {"about": "x" * 2001},
    ],
)
def test_what_cannot_be_announced_is_told(
    client: Client, alice: User, alice_channel: Channel, fields: dict[str, str]
) -> None:
    client.force_login(alice)
    good = {"title": "T", "starts_at": (timezone.now() + timedelta(hours=1)).isoformat(), "duration_min": "60"}

    answer = client.post("/studio/alice/schedule", good | fields)

    assert answer.status_code == 422
    assert not ScheduledBroadcast.objects.exists()


def test_following_and_no_longer(client: Client, bob: User, alice_channel: Channel) -> None:
    client.force_login(bob)
    client.post("/@alice/follow", {"follow": "1"})
    assert client.get("/@alice").context["follow"]

    client.post("/@alice/follow", {"follow": "0"})

    assert not client.get("/@alice").context["follow"]
    assert client.get("/@alice/follow").status_code == 405
