"""The admin calls what the pages call."""

import io
from datetime import datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import AuditEntry, Channel, User
from streaming.models import Broadcast, Category, ScheduledBroadcast, Tag
from tests.streaming.conftest import FakeIngest
from tests.streaming.test_actions import admit

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, erin: User) -> Client:
    client.force_login(erin)
    return client


def test_live_broadcasts_come_first(admin: Client, alice_channel: Channel, noon: datetime) -> None:
    for number in range(3):
        Broadcast.objects.create(
            channel=alice_channel, started_at=noon, state="ended", ended_at=noon, title=f"Over {number}"
        )
    Broadcast.objects.create(channel=alice_channel, started_at=noon.replace(year=2020), title="On air")

    rows = admin.get("/admin/streaming/broadcast/").context["cl"].result_list

    assert rows[0].title == "On air"


@pytest.mark.parametrize("action", ["end", "suspend_channels"])
def test_ending_and_suspending_drop_the_encoder(
    admin: Client,
    alice_channel: Channel,
    ingest: FakeIngest,
    noon: datetime,
    action: str,
    django_capture_on_commit_callbacks: object,
) -> None:
    session = admit(alice_channel, noon)
    ingest.publish(session)
    fields = {"action": action, "_selected_action": [str(session.broadcast_id)]}

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert admin.post("/admin/streaming/broadcast/", fields).status_code == 302

    assert Broadcast.objects.get().state == "ended"
    assert ingest.dropped == [session.name]
    alice_channel.refresh_from_db()
    assert alice_channel.is_suspended is (action == "suspend_channels")


def picture(size: tuple[int, int] = (50, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "is_taken"), [(picture(), True), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", False), (b"", True)]
)
def test_a_categorys_picture_is_drawn_anew(
    admin: Client, tmp_path: object, settings: object, content: bytes, is_taken: bool
) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    fields: dict[str, object] = {"name": "Music", "slug": "music", "about": ""}
    if content:
        fields["upload"] = SimpleUploadedFile("x.png", content)

    admin.post("/admin/streaming/category/add/", fields)

    assert Category.objects.exists() is is_taken
    if content and is_taken:
        stored = list(tmp_path.rglob("*.webp"))  # type: ignore[attr-defined]
        assert sorted(Image.open(path).size for path in stored) == [(160, 160), (480, 480)]


@pytest.fixture
def looker_on(client: Client) -> Client:
    """Staff who may look at everything, and do nothing."""
    user = User.objects.create(username="gina", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/admin/streaming/broadcast/", "end"),
        ("/admin/streaming/broadcast/", "suspend_channels"),
        ("/admin/streaming/scheduledbroadcast/", "cancel"),
        ("/admin/accounts/channel/", "suspend"),
    ],
)
def test_who_may_only_look_ends_and_suspends_nothing(
    looker_on: Client, alice_channel: Channel, noon: datetime, path: str, action: str
) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=noon)
    event = ScheduledBroadcast.objects.create(
        channel=alice_channel, title="Concert", starts_at=noon, created_at=noon, updated_at=noon
    )
    rows = {"broadcast": broadcast.pk, "scheduledbroadcast": event.pk, "channel": alice_channel.pk}

    assert looker_on.get(path).status_code == 200
    looker_on.post(path, {"action": action, "_selected_action": [str(rows[path.split("/")[3]])]})

    assert Broadcast.objects.get().state == "live"
    assert ScheduledBroadcast.objects.get().state == "planned"
    assert not Channel.objects.get().is_suspended


def test_broadcasts_are_not_deleted_under_their_recordings(
    admin: Client, alice_channel: Channel, noon: datetime
) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=noon)
    fields = {"action": "delete_selected", "_selected_action": [str(broadcast.pk)], "post": "yes"}

    admin.post("/admin/streaming/broadcast/", fields)
    assert admin.post(f"/admin/streaming/broadcast/{broadcast.pk}/delete/", {"post": "yes"}).status_code == 403

    assert Broadcast.objects.filter(pk=broadcast.pk).exists()


def test_powers_are_given_by_superusers_and_written_down(admin: Client, erin: User) -> None:
    admin.post("/admin/auth/group/add/", {"name": "Helpers"})
    assert AuditEntry.objects.get(action="added group").actor == erin

    group = Group.objects.get()
    User.objects.update(is_superuser=False)
    erin.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    assert admin.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Bosses"}).status_code == 403
    assert admin.post("/admin/auth/group/add/", {"name": "Bosses"}).status_code == 403


def test_what_changes_a_tag_or_a_policy_is_written_down(admin: Client, alice_channel: Channel) -> None:
    tag = Tag.objects.create(name="jazz")
    admin.post(f"/admin/streaming/tag/{tag.pk}/delete/", {"post": "yes"})
    admin.post("/admin/streaming/recordingpolicy/add/", {"channel": alice_channel.pk, "keep_days": "7"})

    assert {entry.action for entry in AuditEntry.objects.all()} == {"deleted tag", "added recording policy"}
