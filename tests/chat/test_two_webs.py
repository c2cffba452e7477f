"""One of two web processes is killed in the middle of a conversation."""

import uuid

import pytest

from accounts.models import Channel, User
from chat.actions import open_main_room
from chat.models import Message, Room
from tests.chat.conftest import StartWeb
from tests.realtime.web import Page, log_in

LINES = [f"line {number}" for number in range(1, 21)]


@pytest.fixture
def room(transactional_db: None, alice_channel: Channel) -> Room:
    return open_main_room(channel=alice_channel)


def answered(page: Page) -> list[str]:
    """What the page was told is written."""
    events = [event for frame in page.frames for event in frame if event["type"] == "reply"]
    return [event["result"]["line"]["text"] for event in events if "line" in (event["result"] or {})]


def test_what_is_said_meanwhile_is_there_once_and_in_order(own_web: StartWeb, room: Room, alice: User) -> None:
    doomed, other = own_web(), own_web()
    reader, writer = other.page(), doomed.page(Cookie=log_in(alice))
    for one in (reader, writer):
        one.follow(room.topic)
    ids = {text: uuid.uuid4().hex for text in LINES}
    for text in LINES:
        writer.send("chat.post", room=room.pk, text=text, client_id=ids[text])
    for _ in range(3):
        writer.read(lambda event: event["type"] == "reply")

    doomed.process.kill()
    assert writer.await_close() == 1006
    accepted = answered(writer)

    # The page comes back to the other process, and sends again what nobody answered.
    back = other.page(Cookie=log_in(alice))
    back.follow(room.topic)
    for text in LINES[len(accepted) :]:
        line = back.ask("chat.post", room=room.pk, text=text, client_id=ids[text])["result"]["line"]
        assert line["text"] == text
    assert 3 <= len(accepted) < len(LINES)
    assert list(Message.objects.order_by("seq").values_list("text", flat=True)) == LINES
    heard = [reader.read("line") for _ in LINES]
    assert [(line["seq"], line["text"]) for line in heard] == list(enumerate(LINES, 1))
