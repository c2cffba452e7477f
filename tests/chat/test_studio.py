"""The studio's chat page and the admin: both call the same actions."""

from datetime import datetime

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, BlockedWord, User
from chat import models
from chat.models import Message, Room, Sanction
from monetization.models import Subscription
from tests.chat.conftest import Post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def test_rooms_are_opened_changed_and_closed(room: Room, alice: User, client: Client) -> None:
    client.force_login(alice)
    facts = {"read_by": "everyone", "read_follow_min": 0, "write_by": "subscribers", "write_follow_min": 0}

    def form(prefix: str, **changes: object) -> dict[str, object]:
        return {f"{prefix}-{name}": value for name, value in (facts | changes).items()}

    assert client.post("/studio/alice/chat/rooms", form("room", name="Backstage")).status_code == 302
    side = Room.objects.get(name="Backstage")
    assert (side.write_by, side.read_by, side.is_main) == ("subscribers", "everyone", False)
    url = f"/studio/alice/chat/rooms/{side.pk}"
    assert client.post(url, form(f"r{side.pk}", name="Lounge", read_by="subscribers")).status_code == 302
    side.refresh_from_db()
    assert (side.name, side.read_by) == ("Lounge", "subscribers")
    assert client.post(url, form(f"r{side.pk}", name="Chat")).status_code == 422
    client.post(f"{url}/close")
    client.post(f"/studio/alice/chat/rooms/{room.pk}/close")
    assert list(Room.objects.values_list("pk", flat=True)) == [room.pk]


def test_words_are_blocked_and_given_back(room: Room, alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.post("/studio/alice/chat/words", {"word-text": "(a", "word-is_pattern": "on"}).status_code == 422
    assert client.post("/studio/alice/chat/words", {"word-text": "foo"}).status_code == 302
    assert client.post("/studio/alice/chat/words", {"word-text": "foo"}).status_code == 422
    word = BlockedWord.objects.get()
    assert b"foo" in client.get("/studio/alice/chat").content

    client.post(f"/studio/alice/chat/words/{word.pk}/remove")
    assert not BlockedWord.objects.exists()


def test_what_is_anothers_is_not_there(room: Room, bob: User, alice: User, client: Client) -> None:
    word = BlockedWord.objects.create(text="house")
    client.force_login(alice)
    assert client.post(f"/studio/alice/chat/words/{word.pk}/remove").status_code == 404
    client.force_login(bob)
    for path in ("rooms", f"rooms/{room.pk}", f"rooms/{room.pk}/close", "emotes", "words"):
        assert client.post(f"/studio/alice/chat/{path}").status_code == 404
    assert client.get("/studio/alice/chat").status_code == 404


def test_every_model_is_in_the_admin(client: Client, erin: User, post: Post, bob: User) -> None:
    post(bob)
    client.force_login(erin)
    for name in models.__all__:
        model = getattr(models, name)
        if hasattr(model, "_meta"):
            assert admin.site.is_registered(model), name
            assert client.get(f"/admin/chat/{name.lower()}/").status_code == 200
    for path in ("monetization/subscription/", "monetization/subscription/add/", "accounts/blockedword/"):
        assert client.get(f"/admin/{path}").status_code == 200


def test_the_admins_buttons_moderate(client: Client, erin: User, room: Room, post: Post, bob: User, dave: User) -> None:
    messages = [post(author, "rude", now=timezone.now()) for author in (bob, dave)]
    client.force_login(erin)

    def press(model: str, action: str, *rows: int) -> None:
        assert client.post(f"/admin/chat/{model}/", {"action": action, "_selected_action": rows}).status_code == 302

    press("message", "time_out_authors", messages[0].pk)
    press("message", "ban_authors", messages[1].pk)
    assert set(Sanction.objects.values_list("user__username", "kind")) == {("bob", "timeout"), ("dave", "ban")}
    assert not Message.objects.filter(deleted_at__isnull=True).exists()
    press("sanction", "lift", *Sanction.objects.values_list("pk", flat=True))
    assert not Sanction.objects.filter(lifted_at__isnull=True).exists()
    press("room", "restrict", room.pk)
    press("room", "defend", room.pk)
    room.refresh_from_db()
    assert (room.subscribers_only, room.is_raid_defended) == ("all", True)
    assert AuditEntry.objects.filter(actor=erin, action="chat: changed room").count() == 2


def test_subscriptions_are_granted_and_ended_there(
    client: Client, erin: User, bob: User, room: Room, noon: datetime
) -> None:
    client.force_login(erin)
    facts = {"user": bob.pk, "channel": room.channel_id, "starts_at_0": "2026-06-01", "starts_at_1": "12:00:00"}
    answer = client.post("/admin/monetization/subscription/add/", facts)
    assert answer.status_code == 302
    row = Subscription.objects.get()
    assert row.is_founder

    client.post("/admin/monetization/subscription/", {"action": "end", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.ends_at is not None
