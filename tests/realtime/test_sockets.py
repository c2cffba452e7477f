import json
import time

import pytest
import websockets.exceptions

from accounts.models import Channel, User
from realtime import publish
from realtime.hub import ABUSIVE, BEAT_S
from realtime.wire import LARGEST_FRAME
from streaming.actions import end_broadcast, rename_broadcast
from streaming.models import Broadcast
from tests.realtime.conftest import OpenPage
from tests.realtime.web import log_in


def topic(broadcast: Broadcast) -> str:
    return f"broadcast.{broadcast.pk}"


def test_a_follower_gets_the_present_state_and_then_what_changes(
    page: OpenPage, broadcast: Broadcast, alice: User
) -> None:
    watcher = page()

    assert watcher.follow(topic(broadcast)).get("error") is None
    snapshot = watcher.read("broadcast")
    assert (snapshot["title"], snapshot["state"]) == ("Alpine mornings", "live")

    rename_broadcast(broadcast=broadcast, title="Above the clouds", by=alice)
    assert watcher.read("broadcast")["title"] == "Above the clouds"
    end_broadcast(broadcast=broadcast, now=broadcast.started_at, reason=Broadcast.EndReason.ENDED)
    assert watcher.read("broadcast")["state"] == "ended"


def test_the_snapshot_comes_before_the_reply_and_before_what_follows(page: OpenPage, broadcast: Broadcast) -> None:
    watcher = page()
    watcher.follow(topic(broadcast))

    types = [event["type"] for event in watcher.frames[0] if event["type"] != "presence"]
    assert types == ["broadcast", "reply"]


def test_who_left_hears_nothing_more(page: OpenPage, broadcast: Broadcast) -> None:
    watcher = page()
    watcher.follow(topic(broadcast))
    watcher.ask("leave", topic=topic(broadcast))

    publish(topic(broadcast), {"type": "unheard"})
    publish("channel.alice", {"type": "unheard"})
    watcher.ask("ping")

    with pytest.raises(AssertionError, match="nothing like that"):
        watcher.read("unheard", within_s=0.5)


def test_a_burst_arrives_whole_in_order_and_gathered(page: OpenPage, broadcast: Broadcast) -> None:
    watcher = page()
    watcher.follow(topic(broadcast))
    before = len(watcher.frames)
    for number in range(400):
        publish(topic(broadcast), {"type": "line", "number": number, "text": "x" * 200})

    assert [watcher.read("line")["number"] for _ in range(400)] == list(range(400))
    frames = watcher.frames[before:]
    assert len(frames) < 100
    assert max(len(json.dumps(frame, separators=(",", ":"))) for frame in frames) <= LARGEST_FRAME


@pytest.mark.parametrize(
    "name", ["broadcast.7f0c6c0e-2a53-4d0c-9f0e-0d8f3a0c1111", "broadcast.x", "nothing.1", "x", ""]
)
def test_what_is_not_there_is_refused_like_what_is_secret(page: OpenPage, name: str) -> None:
    assert page().follow(name)["error"]["code"] == "not_allowed"


def test_a_suspended_channel_is_followed_by_its_owner_alone(
    page: OpenPage, broadcast: Broadcast, alice: User, bob: User
) -> None:
    Channel.objects.update(is_suspended=True)

    assert page().follow(topic(broadcast))["error"]["code"] == "not_allowed"
    assert page(Cookie=log_in(bob)).follow(topic(broadcast))["error"]["code"] == "not_allowed"
    assert page(Cookie=log_in(alice)).follow(topic(broadcast)).get("error") is None


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost", "null", ""])
def test_pages_of_other_sites_are_kept_out(page: OpenPage, origin: str) -> None:
    with pytest.raises(websockets.exceptions.InvalidStatus, match="403"):
        page(Origin=origin)


def test_there_is_one_address(page: OpenPage) -> None:
    with pytest.raises(websockets.exceptions.InvalidStatus, match="403"):
        page("/ws/other")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "nonsense",
        "[" * 5000,
        '{"id": 1, "command": 2}',
        '{"id": "1", "command": "ping"}',
        '{"id": true, "command": "ping"}',
        '{"id": -1, "command": "ping"}',
        '{"id": 1, "command": "ping", "payload": [1]}',
    ],
)
def test_malformed_frames_are_answered_and_do_no_harm(page: OpenPage, text: str) -> None:
    visitor = page()
    visitor.connection.send(text)

    assert visitor.read("refused")["error"]["code"] == "malformed"
    assert visitor.ask("ping")["result"] is None


def test_bytes_are_no_command(page: OpenPage) -> None:
    visitor = page()
    visitor.connection.send(b"\x00\xff")

    assert visitor.read("refused")["error"]["code"] == "malformed"


def test_frames_are_bounded(page: OpenPage) -> None:
    visitor = page()
    visitor.connection.send("x" * (LARGEST_FRAME + 1))

    assert visitor.await_close() in (1006, 1009)


def test_commands_are_done_by_who_is_logged_in(page: OpenPage, bob: User) -> None:
    reply = page(Cookie=log_in(bob), **{"X-Forwarded-For": "192.0.2.7"}).ask("test-echo", text="grüezi")

    assert reply["result"] == {"said": "grüezi", "by": "bob", "from": "192.0.2.7"}


def test_a_forged_session_is_nobodys(page: OpenPage) -> None:
    assert page(Cookie="sessionid=0123456789abcdef0123456789abcdef").ask("test-echo")["result"]["by"] == ""


def test_refusals_are_told_and_accidents_are_not(page: OpenPage) -> None:
    visitor = page()

    assert visitor.ask("test-refuse")["error"] == {"code": "closed", "message": "The room is closed."}
    assert visitor.ask("no-such-thing")["error"]["code"] == "unknown_command"
    accident = visitor.ask("test-stumble")["error"]
    assert accident["code"] == "went_wrong"
    assert "nobody" not in accident["message"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "There is no such command."),
        ("?language=fr", "Cette commande n’existe pas."),
        ("?language=../fr", "There is no such command."),
    ],
)
def test_refusals_are_in_the_language_of_the_page(page: OpenPage, query: str, message: str) -> None:
    reply = page(f"/ws/{query}").ask("no-such-thing")

    assert reply["error"] == {"code": "unknown_command", "message": message}


def test_who_asks_too_fast_is_refused_and_who_goes_on_is_cut(page: OpenPage) -> None:
    visitor = page()
    for _ in range(100):
        visitor.send("ping")
    assert visitor.read("refused")["error"]["code"] == "too_fast"

    for _ in range(250):
        visitor.send("ping")
    assert visitor.await_close() == ABUSIVE


def test_topics_a_socket_are_bounded(page: OpenPage, alice: User) -> None:
    Channel.objects.bulk_create(Channel(name=f"channel-{number}", owner=alice) for number in range(33))
    visitor = page()

    replies = [visitor.follow(f"channel.channel-{number}") for number in range(33)]

    assert [reply["error"]["code"] for reply in replies if "error" in reply] == ["too_many_topics"]


def test_topics_that_come_and_go_are_always_followed(page: OpenPage, broadcast: Broadcast) -> None:
    """Rooms are swept every two seconds: whoever comes at that moment isn't swept along."""
    until = time.monotonic() + 2.5 * BEAT_S
    while time.monotonic() < until:
        visitor = page()
        assert "error" not in visitor.follow(topic(broadcast))
        visitor.close()
