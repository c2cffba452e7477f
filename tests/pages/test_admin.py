"""The admin calls what the pages call."""

import io
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Channel, User
from streaming.models import Broadcast, Category
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
