"""What people change about themselves and their channels."""

import html
import io
import json
import re
import zipfile
from datetime import datetime

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.following import follow
from accounts.models import AuditEntry, Block, Channel, ChannelRole, Follow, Report, User
from accounts.notifications import notify
from tests.house import picture_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

PROFILE = {
    "display_name": "Alice Ardent",
    "bio": "Hills",
    "links": "https://example.org/\n\n",
    "language": "",
    "time_zone": "",
}


@pytest.fixture
def as_alice(alice_channel: Channel, alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def as_bob(alice_channel: Channel, bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def upload(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("me.png", data, content_type="image/png")


def test_a_profile_is_what_others_see(as_alice: Client, client: Client) -> None:
    as_alice.post("/settings/", PROFILE | {"picture": upload(picture_bytes())})

    page = client.get("/users/alice").content.decode()

    assert "Alice Ardent" in page
    assert 'href="https://example.org/" rel="nofollow ugc noopener"' in page
    name = User.objects.get(username="alice").avatar
    assert f"/uploads/{name}-large.webp" in page
    assert default_storage.exists(f"{name}-large.webp")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"links": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"links": "https://a.example/\n" * 6}, "At most 5 links"),
        ({"display_name": "a\u202eb"}, "one line of printable text"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
    ],
)
def test_a_profile_says_what_is_wrong_with_it(as_alice: Client, changes: dict[str, str], says: str) -> None:
    page = as_alice.post("/settings/", PROFILE | changes).content.decode()

    assert says in page
    assert User.objects.get(username="alice").display_name == ""


def test_an_upload_that_is_no_picture_says_so(as_alice: Client) -> None:
    page = as_alice.post("/settings/", PROFILE | {"picture": upload(b"<svg onload=alert(1)>")}).content.decode()

    assert "This is no JPEG, PNG, WebP or GIF picture." in page


def test_what_people_write_is_shown_as_text(as_alice: Client, client: Client) -> None:
    as_alice.post("/settings/", PROFILE | {"display_name": "<b>x</b>", "bio": "<script>alert(1)</script>"})
    as_alice.post("/studio/alice/edit", {"title": "<i>t</i>", "description": "<img src=x>", "sponsor": "<u>s</u>"})

    pages = client.get("/users/alice").content.decode() + client.get("/@alice").content.decode()

    assert not any(tag in pages for tag in ("<b>x", "<script>alert", "<i>t", "<img src=x", "<u>s"))


def test_times_are_in_the_readers_zone_and_pages_in_their_language(as_alice: Client, alice: User) -> None:
    as_alice.post("/settings/", PROFILE | {"language": "fr", "time_zone": "Asia/Tokyo"})
    notify(user=alice, kind="warned", now=datetime.fromisoformat("2026-06-01T12:00:00+00:00"), about="x", reason="y")

    page = as_alice.get("/notifications/").content.decode()

    assert '<html lang="fr" dir="ltr">' in page
    assert "1 juin 2026 21:00" in page


def test_a_channel_is_opened_described_and_sponsored(as_bob: Client, client: Client) -> None:
    reply = as_bob.post("/studio/new", {"name": "bobs-barn", "title": "Hay", "description": ""})
    assert reply["Location"] == "/studio/bobs-barn/"

    changes = {
        "title": "Hay",
        "description": "All about hay",
        "sponsor": "Forks & Co",
        "banner": upload(picture_bytes()),
    }
    as_bob.post("/studio/bobs-barn/edit", changes)

    page = client.get("/@bobs-barn").content.decode()
    assert "Sponsored by Forks &amp; Co" in page
    assert "All about hay" in page
    assert Channel.objects.get(name="bobs-barn").banner_url in page


@pytest.mark.parametrize(
    ("name", "says"),
    [("studio", "reserved"), ("alice", "taken"), ("Bob", "Use small letters"), ("b", "at least 2"), ("", "required")],
)
def test_a_channels_name_that_cannot_be(as_bob: Client, name: str, says: str) -> None:
    assert says in as_bob.post("/studio/new", {"name": name}).content.decode()

    assert Channel.objects.count() == 1


def test_the_owner_appoints_by_name(as_alice: Client, as_bob: Client, carol: User) -> None:
    assert (
        "nothing by that name" in as_alice.post("/studio/alice/crew", {"username": "x", "role": "vip"}).content.decode()
    )
    assert as_alice.post("/studio/alice/crew", {"username": "bob", "role": "owner"}).status_code == 200
    assert not ChannelRole.objects.exists()

    as_alice.post("/studio/alice/crew", {"username": "BOB", "role": "moderator"})

    assert "Alpine mornings" in as_bob.get("/studio/").content.decode()
    role = ChannelRole.objects.get()
    as_alice.post(f"/studio/alice/crew/{role.pk}/dismiss")
    assert "You have no channel yet" in as_bob.get("/studio/").content.decode()
    assert AuditEntry.objects.filter(action="dismissed").exists()


def test_following_answers_a_page_and_a_script(as_bob: Client) -> None:
    assert as_bob.post("/@alice/follow", {"follow": "1"})["Location"] == "/@alice"
    reply = as_bob.post("/@alice/follow", {"follow": "1"}, headers={"Accept": "application/json"})

    assert reply.json() == {"following": True, "followers": 1}
    assert "Alpine mornings" in as_bob.get("/following/").content.decode()
    row = Follow.objects.get()
    as_bob.post(f"/following/{row.pk}/change", {"notify": "on", "next": "https://evil.example/"})
    row.refresh_from_db()
    assert (row.notify, row.notify_by_mail) == (True, False)
    as_bob.post("/@alice/follow", {"follow": "0"})
    assert "You follow nobody yet" in as_bob.get("/following/").content.decode()


def test_a_form_leads_nowhere_else(as_bob: Client, bob: User, alice_channel: Channel) -> None:
    row = follow(channel=alice_channel, user=bob)
    for url in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert as_bob.post(f"/following/{row.pk}/change", {"next": url})["Location"] == "/following/"


def test_the_bell_counts_what_is_unread(as_bob: Client, bob: User, noon: datetime) -> None:
    notify(user=bob, kind="went_live", now=noon, url="/@alice", channel="alice", title="<Dawn>")
    assert as_bob.get("/notifications/count").json() == {"unread": 1}
    assert "alice is live: &lt;Dawn&gt;" in as_bob.get("/notifications/").content.decode()

    as_bob.post("/notifications/read")

    assert as_bob.get("/notifications/count").json() == {"unread": 0}


def test_somebody_is_kept_away_by_name(as_bob: Client, alice: User) -> None:
    as_bob.post("/settings/blocks", {"username": "Alice"})
    row = Block.objects.get()
    assert "alice" in as_bob.get("/settings/blocks").content.decode()

    as_bob.post(f"/settings/blocks/{row.pk}/remove")

    assert "You have blocked nobody" in as_bob.get("/settings/blocks").content.decode()


def test_a_viewer_reports_a_channel(as_bob: Client) -> None:
    assert "Report @alice" in as_bob.get("/report/?kind=channel&id=alice").content.decode()

    as_bob.post("/report/", {"kind": "channel", "id": "alice", "reason": "spam", "text": "look"})

    assert Report.objects.get().label == "@alice"


@pytest.mark.parametrize("path", ["/@alice", "/users/alice"])
def test_a_stranger_is_shown_how_to_report(client: Client, alice_channel: Channel, path: str) -> None:
    page = client.get(path).content.decode()
    (link,) = re.findall(r'href="(/report/\?[^"]+)"', page)

    asked = client.get(html.unescape(link))

    assert asked["Location"].startswith("/accounts/login/?next=/report/")


def test_ones_data_is_a_zip(as_alice: Client) -> None:
    reply = as_alice.post("/settings/account/export")

    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        names = [
            "account",
            "broadcasts",
            "tickets",
            "gifts",
            "subscriptions",
            "payments",
            "earnings",
            "chat",
            "ads",
            "spaces",
        ]
        assert archive.namelist() == [f"{name}.json" for name in names]
        facts = json.loads(archive.read("account.json"))
    assert (facts["username"], facts["channels"][0]["name"]) == ("alice", "alice")


def test_deleting_asks_for_the_password_and_logs_out(as_alice: Client, alice: User) -> None:
    alice.set_password("correct horse")
    alice.save()
    as_alice.force_login(alice)
    assert "not your password" in as_alice.post("/settings/account/delete", {"password": "x"}).content.decode()

    reply = as_alice.post("/settings/account/delete", {"password": "correct horse"}, follow=True)

    assert "Your account is deleted" in reply.content.decode()
    assert as_alice.get("/settings/").status_code == 302


def test_the_password_is_not_guessed_here(as_alice: Client) -> None:
    for _ in range(6):
        page = as_alice.post("/settings/account/delete", {"password": "guess"}).content.decode()

    assert "too often" in page
