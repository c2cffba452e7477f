"""Overlays: a key of their own opens one room's lines and nothing else, until it is reset."""

import time
from collections.abc import Callable
from datetime import datetime

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings

from accounts.models import AuditEntry, Channel, User
from chat import overlays
from chat.actions import (
    choose_overlay_readers,
    delete_message,
    lift_restriction,
    open_main_room,
    open_room,
    renew_overlay,
    restrict_to_subscribers,
)
from chat.models import Audience, Message, Room
from chat.tasks import show_line
from monetization.subscriptions import grant
from tests.chat.conftest import OpenPage, Post
from tests.realtime.web import log_in

pytestmark = pytest.mark.usefixtures("fresh_house")
Overlaid = Callable[[], Room]


@pytest.fixture
def room(transactional_db: None, alice_channel: Channel, alice: User) -> Room:
    """The main room, with an overlay."""
    return renew_overlay(room=open_main_room(channel=alice_channel), by=alice)


def url_of(room: Room, rest: str = "") -> str:
    return f"/chat/overlays/{overlays.key_of(room)}{rest}"


def read(client: Client, room: Room) -> list[str]:
    return [line["text"] for line in client.get(url_of(room, "/lines")).json()["lines"]]


def test_a_key_is_of_one_room_and_one_version(room: Room, alice: User) -> None:
    key = overlays.key_of(room)
    side = open_room(channel=room.channel, by=alice, facts={"name": "Lounge"})
    assert overlays.key_of(side) == ""
    assert overlays.topic_of(side) == ""
    renew_overlay(room=side, by=alice)
    found = overlays.find_room(key)
    assert found == room

    forged = f"{side.pk}-{key.partition('-')[2]}"
    for wrong in (forged, f"{room.pk}-{'a' * 32}", key.upper(), f"0{key}", key + "a", "", f"{10**18}-{'a' * 32}"):
        assert overlays.find_room(wrong) is None
    # No more the key to a stream.
    assert not room.channel.accepts_key(key)
    assert overlays.find_room(room.channel.stream_key) is None


def test_a_room_without_an_address_has_no_key_at_all(room: Room) -> None:
    key = overlays.key_of(room)
    Room.objects.update(overlay_version=0)
    assert overlays.find_room(key) is None


def test_a_secret_is_replaced_without_a_new_address(room: Room) -> None:
    key = overlays.key_of(room)
    secrets = ("another secret " * 4, *settings.ENV.stream_key_secrets)
    with override_settings(ENV=settings.ENV.model_copy(update={"stream_key_secrets": secrets})):
        assert overlays.find_room(key) == room
        room.refresh_from_db()
        assert overlays.key_of(room) != key


def test_its_page_keeps_its_address_to_itself(client: Client, room: Room, post: Post, bob: User) -> None:
    post(bob, "<b>Hello</b>")
    page = client.get(url_of(room))

    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]
    assert "unsafe-inline" not in page["Content-Security-Policy"].partition("script-src ")[2].partition(";")[0]
    assert not page.cookies
    assert b"\\u003Cb\\u003EHello" in page.content
    assert b"data-composer" not in page.content
    assert client.get(url_of(room, "/lines"))["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", 'size="100" fade="30"'),
        ("?size=200&fade=0&no_commands=1&no_notices=1", 'size="200" fade="0" no-commands no-notices'),
        ("?size=9000&fade=-1&no_commands=", 'size="100" fade="30"'),
        ("?size=%22%3E%3Cscript%3E&fade=x", 'size="100" fade="30"'),
    ],
)
def test_its_look_is_in_its_address(client: Client, room: Room, query: str, said: str) -> None:
    page = " ".join(client.get(url_of(room, query)).content.decode().split())

    assert said in page


def test_a_reset_is_written_down_and_ends_the_old_address(
    client: Client, room: Room, alice: User, post: Post, bob: User
) -> None:
    post(bob)
    old = url_of(room)
    room = renew_overlay(room=room, by=alice)

    gone = client.get(old)
    assert gone.status_code == 404
    assert b"no longer valid" in gone.content
    assert gone["Referrer-Policy"] == "no-referrer"
    assert client.get(f"{old}/lines").status_code == 404
    assert read(client, room) == ["Hello"]
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "chat: made overlay",
        "chat: reset overlay",
    ]


def test_suspended_channels_show_nothing(client: Client, room: Room) -> None:
    Channel.objects.update(is_suspended=True)

    assert client.get(url_of(room)).status_code == 404


def test_what_is_not_for_everybody_is_shown_where_the_owner_chose_so(
    client: Client, room: Room, alice: User, carol: User, post: Post, noon: datetime
) -> None:
    grant(user=carol, channel=room.channel, starts_at=noon)
    room = restrict_to_subscribers(room=room, by=alice, now=noon)
    post(carol, "among us")
    room = lift_restriction(room=room, by=alice, now=noon)
    post(carol, "for all")
    assert read(client, room) == ["for all"]
    room = choose_overlay_readers(room=room, by=alice, audience=Audience.SUBSCRIBERS)
    assert read(client, room) == ["among us", "for all"]
    room = choose_overlay_readers(room=room, by=alice, audience=Audience.EVERYONE)
    assert read(client, room) == ["for all"]


def test_moderators_talk_is_never_shown(client: Client, room: Room, alice: User, post: Post) -> None:
    Room.objects.update(read_by=Audience.MODERATORS)
    room = choose_overlay_readers(room=room, by=alice, audience=Audience.MODERATORS)
    room.refresh_from_db()
    post(alice, "between us", room=room)

    assert Message.objects.get().read_by == Audience.MODERATORS
    assert read(client, room) == []


# Over sockets


def test_lines_come_and_go_without_anybody_logged_in(
    page: OpenPage, room: Room, alice: User, bob: User, post: Post
) -> None:
    overlay = page()
    assert "error" not in overlay.follow(overlays.topic_of(room))
    assert overlay.read("entered")["last_seq"] == 0
    message = post(bob, "Grüezi", room=room)
    assert overlay.read("line")["text"] == "Grüezi"

    delete_message(message=message, by=alice, now=message.created_at)
    assert overlay.read("gone")["seqs"] == [1]


def test_closed_talk_is_a_number_there_and_no_more(
    page: OpenPage, room: Room, alice: User, post: Post, noon: datetime
) -> None:
    overlay = page()
    overlay.follow(overlays.topic_of(room))
    room = restrict_to_subscribers(room=room, by=alice, now=noon)
    post(alice, "among us", room=room)
    assert overlay.read("gone") == {"topic": overlays.topic_of(room), "type": "gone", "seq": 1, "seqs": []}
    room = lift_restriction(room=room, by=alice, now=noon)
    post(alice, "for all", room=room)

    assert overlay.read("line")["text"] == "for all"


def test_a_hub_that_lost_touch_reads_what_is_for_overlays(
    page: OpenPage, room: Room, alice: User, post: Post, noon: datetime
) -> None:
    overlay = page()
    overlay.follow(overlays.topic_of(room))
    post(alice, "one", room=room)
    assert overlay.read("line")["seq"] == 1
    closed = restrict_to_subscribers(room=room, by=alice, now=noon)
    with transaction.atomic():
        post(alice, "among us", room=closed)
        transaction.get_connection().run_on_commit.clear()
    post(alice, "three", room=lift_restriction(room=closed, by=alice, now=noon))

    assert overlay.read("gone")["seq"] == 2
    assert overlay.read("line")["text"] == "three"


def test_a_delayed_line_is_shown_when_it_is_due(
    page: OpenPage, room: Room, bob: User, post: Post, noon: datetime
) -> None:
    Room.objects.update(delay_s=2)
    overlay = page()
    overlay.follow(overlays.topic_of(room))
    message = post(bob, "soon", room=room)
    assert overlay.ask("ping").get("error") is None
    show_line(message.pk)

    assert overlay.read("line")["text"] == "soon"


def test_a_reset_cuts_what_is_open(page: OpenPage, room: Room, alice: User, bob: User, post: Post) -> None:
    overlay, topic = page(), overlays.topic_of(room)
    overlay.follow(topic)
    overlay.read("entered")
    began = time.monotonic()
    room = renew_overlay(room=room, by=alice)
    assert overlay.read("closed", within_s=5)["topic"] == topic
    assert time.monotonic() - began < 5

    post(bob, "not for you", room=room)
    with pytest.raises(AssertionError):
        overlay.read("line", within_s=0.5)
    assert overlay.follow(topic)["error"]["code"] == "not_allowed"
    assert "error" not in overlay.follow(overlays.topic_of(room))


def test_a_key_opens_nothing_else(page: OpenPage, room: Room, alice: User, bob: User) -> None:
    """With it a stranger stays a stranger."""
    Room.objects.update(read_by=Audience.FOLLOWERS)
    overlay, key = page(), overlays.key_of(room)
    assert "error" not in overlay.follow(overlays.topic_of(room))
    for topic in (room.topic, f"chat.room.{key}", f"chat.crew.{room.channel_id}", f"user.{alice.pk}", "chat.overlay.1"):
        assert overlay.follow(topic)["error"]["code"] == "not_allowed"
    assert overlay.ask("chat.post", room=room.pk, text="Hello")["error"]["code"] == "not_logged_in"
    # Whoever is logged in needs the key as well.
    wrong = f"{overlays.PREFIX}.{room.pk}-{'a' * 32}"
    assert page(Cookie=log_in(alice)).follow(wrong)["error"]["code"] == "not_allowed"


# In the studio


def test_the_studio_makes_resets_and_shows_it(client: Client, room: Room, alice: User) -> None:
    Room.objects.update(overlay_version=0)
    open_room(channel=room.channel, by=alice, facts={"name": "Backstage", "read_by": Audience.MODERATORS})
    client.force_login(alice)
    assert [one.url for one in client.get("/studio/alice/chat").context["overlays"]] == [""]
    for version in (1, 2):
        client.post(f"/studio/alice/chat/rooms/{room.pk}/overlay")
        room.refresh_from_db()
        assert room.overlay_version == version
    assert settings.PUBLIC_URL + url_of(room) in client.get("/studio/alice/chat").content.decode()


def test_the_owner_alone_shows_closed_talk_to_all(client: Client, room: Room, alice: User, erin: User) -> None:
    url = f"/studio/alice/chat/rooms/{room.pk}/overlay/readers"
    client.force_login(erin)
    assert client.post(url, {"closed": "on"}).status_code == 404
    client.force_login(alice)
    client.post(url, {"closed": "on"})
    room.refresh_from_db()
    assert room.overlay_read_by == Audience.SUBSCRIBERS
    client.post(url)
    room.refresh_from_db()
    assert room.overlay_read_by == Audience.EVERYONE
    assert AuditEntry.objects.filter(action="chat: chose overlay readers").count() == 2


def test_the_admin_resets_addresses(client: Client, room: Room, erin: User) -> None:
    old = overlays.key_of(room)
    client.force_login(erin)
    client.post("/admin/chat/room/", {"action": "renew_overlays", "_selected_action": [room.pk]})

    assert overlays.find_room(old) is None
