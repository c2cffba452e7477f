"""Rooms that were left half-made, and people who are in Janus without a place."""

import asyncio
import uuid
from typing import Any

import pytest

from spaces.conductor import layers
from spaces.conductor.layers import LARGE, SMALL
from spaces.conductor.link import JanusError, Link
from spaces.conductor.memory import Memory
from spaces.conductor.peers import _ANSWERED_WITHIN_S, Peer, Peers
from spaces.conductor.rooms import MIX_SSRC, OBSERVER, Rooms
from spaces.conductor.speakers import Video
from tests.spaces.janus import Janus, with_janus

pytestmark = pytest.mark.usefixtures("fresh_house")

SPACE = str(uuid.uuid4())
PLUGINS = ("audiobridge", "videoroom", "streaming")
SDP = "v=0"


@pytest.mark.parametrize("left", [PLUGINS[:1], PLUGINS[:2], PLUGINS])
@pytest.mark.parametrize("names", [{}, {OBSERVER: 900}])
def test_what_was_left_half_made_is_made_anew(left: tuple[str, ...], names: dict[str, int]) -> None:
    async def act(janus: Janus, link: Link) -> None:
        janus.rooms = {(plugin, SPACE): dict(names) for plugin in left}
        room = await Rooms(link, "").make(SPACE)

        assert janus.rooms[("audiobridge", SPACE)] == {OBSERVER: room.audio}
        assert janus.rooms[("videoroom", SPACE)] == {OBSERVER: room.video}
        assert set(janus.handles) == {room.audio, room.video}

    with_janus(act)


@pytest.mark.parametrize("refused", ["create", "join", "rtp_forward"])
def test_a_room_that_cant_be_made_keeps_no_handles(refused: str) -> None:
    async def act(janus: Janus, link: Link) -> None:
        janus.refused = [refused]
        with pytest.raises(JanusError):
            await Rooms(link, "").make(SPACE)
        assert janus.handles == {}

        await Rooms(link, "").make(SPACE)

    with_janus(act)


def test_only_those_with_a_place_stay() -> None:
    async def act(janus: Janus, link: Link) -> None:
        rooms = Rooms(link, "")
        room = await rooms.make(SPACE)
        janus.rooms[("audiobridge", SPACE)] |= {"7": 900, "8": 901}
        janus.rooms[("videoroom", SPACE)] |= {"7": 902}
        room.speakers.connected, room.speakers.videos = {7, 8}, {7: Video("0"), 9: Video("0")}
        await rooms.keep_to(room, {8})

        assert janus.rooms[("audiobridge", SPACE)].keys() == {OBSERVER, "8"}
        assert janus.rooms[("videoroom", SPACE)].keys() == {OBSERVER}

    with_janus(act)


def test_what_is_done_for_a_seat_that_goes_is_undone() -> None:
    async def act(janus: Janus, link: Link) -> None:
        room = await Rooms(link, "").make(SPACE)
        peers = Peers(link, Memory())
        peer = peers.get("a" * 32, SPACE, 7)

        async def speak(one: Peer) -> None:
            async with one.lock:
                if peers.has(one):
                    await peers.speak(one, room, SDP, muted=False)

        janus.held.clear()
        speaking = [asyncio.create_task(speak(peer)) for _order in range(2)]
        await asyncio.sleep(0)
        forgetting = asyncio.create_task(peers.forget(peer))
        await asyncio.sleep(0)
        assert not peers.has(peer)
        janus.held.set()
        await asyncio.gather(*speaking, forgetting)

        assert janus.rooms[("audiobridge", SPACE)].keys() == {OBSERVER}
        assert set(janus.handles) == {room.audio, room.video}

    with_janus(act)


def test_the_other_page_is_told_that_it_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, object, object]] = []
    monkeypatch.setattr(
        "spaces.telling.publish", lambda topic, event: told.append((topic, event["type"], event["for"]))
    )

    async def act(janus: Janus, link: Link) -> None:
        room = await Rooms(link, "").make(SPACE)
        peers = Peers(link, Memory())
        for token in ("a" * 32, "b" * 32, "b" * 32):
            await peers.speak(peers.get(token, SPACE, 7), room, SDP, muted=False)

    with_janus(act)
    old, new = f"space.seat.{'a' * 32}", f"space.seat.{'b' * 32}"
    assert told == [(old, "jsep", "speak"), (old, "replaced", "speak"), (new, "jsep", "speak"), (new, "jsep", "speak")]


def test_what_was_meant_for_a_connection_before_reaches_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr("spaces.telling.publish", lambda topic, event: told.append(event))

    async def act(janus: Janus, link: Link) -> None:
        room = await Rooms(link, "").make(SPACE)
        peers = Peers(link, Memory())
        peer = peers.get("a" * 32, SPACE, 7)
        for number in (4, 5):
            peer.of["listen"] = number
            await peers.listen(peer, room)
        assert [event["of"] for event in told] == [4, 5]

        await peers.answer(peer, "listen", 4, SDP)
        assert janus.started == []
        await peers.answer(peer, "listen", 5, SDP)
        assert janus.started == [peer.handles["listen"]]

    with_janus(act)


def test_nobody_waits_for_an_answer_of_a_connection_before(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr("spaces.telling.publish", lambda topic, event: told.append(event))

    async def act(janus: Janus, link: Link) -> None:
        room = await Rooms(link, "").make(SPACE)
        room.speakers.videos = {9: Video("0")}
        peers = Peers(link, Memory())
        peer = peers.get("a" * 32, SPACE, 7)
        looking = []
        for number in (1, 2):
            peer.of["watch"] = number
            looking.append(asyncio.create_task(peers.watch(peer, room)))
            async with asyncio.timeout(_ANSWERED_WITHIN_S / 2):
                while len(told) < number:  # noqa: ASYNC110 it is the page's
                    await asyncio.sleep(0.01)
        await peers.answer(peer, "watch", 2, SDP)
        await asyncio.gather(*looking)
        assert [event["of"] for event in told] == [1, 2]

    with_janus(act)


def test_only_listeners_still_get_what_another_conductor_forwarded() -> None:
    async def act(janus: Janus, link: Link) -> None:
        rooms = Rooms(link, "")
        room = await rooms.make(SPACE)
        (mix,) = janus.forwarders
        janus.forwarders[900] = "audiobridge", {"ssrc": 77}
        janus.forwarders[901] = "videoroom", {"publisher_id": "7"}
        await rooms.stop_forwarding(room)
        assert [(number, body["ssrc"]) for number, (_plugin, body) in janus.forwarders.items()] == [(mix, MIX_SSRC)]

        # Listeners would hear nothing: such a room is made anew.
        janus.forwarders.clear()
        with pytest.raises(JanusError):
            await rooms.stop_forwarding(room)

    with_janus(act)


def test_another_conductor_knows_how_pictures_come() -> None:
    async def act(janus: Janus, link: Link) -> None:
        rooms = Rooms(link, "")
        room = await rooms.make(SPACE)
        stream = {"type": "video", "mid": "2", "codec": "vp8", "simulcast": True}
        janus.publishers = [{"id": "7", "streams": [{"type": "audio", "mid": "0"}, stream]}]
        await rooms.look_again(room)

        assert room.speakers.videos == {7: Video("2", "vp8", is_layered=True)}
        assert set(janus.handles) == {room.audio, room.video}

    with_janus(act)


def test_a_layer_is_asked_for_until_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "ASK_AFTER_S", (0.0, 0.01, 0.01, 0.01))

    async def settled(peer: Peer) -> None:
        assert peer.laying is not None
        await peer.laying

    async def act(janus: Janus, link: Link) -> None:
        room = await Rooms(link, "").make(SPACE)
        peers = Peers(link, Memory())
        peer = peers.get("a" * 32, SPACE, 9)
        peer.handles["watch"] = await link.attach("videoroom", "watch")
        room.speakers.videos = {1: Video("0", is_layered=True), 2: Video("0", is_layered=True), 3: Video("0")}
        peer.mids = {1: "0", 2: "1", 3: "2"}

        # Whoever sends one size is asked for nothing.
        await peers.prefer(peer, room, [1])
        await settled(peer)
        assert janus.layers == [{"0": LARGE, "1": SMALL}] * len(layers.ASK_AFTER_S)

        # What comes already isn't asked for, and what comes against what is wanted is.
        for mid in ("0", "1"):
            peers.note_layer(peer, room, mid, SMALL)
        janus.layers.clear()
        await peers.prefer(peer, room, [2])
        await asyncio.sleep(0)
        peers.note_layer(peer, room, "1", LARGE)
        await settled(peer)
        assert all(asked == {"1": LARGE} for asked in janus.layers)
        # What was asked last has arrived when what is asked after it is answered.
        await link.attach("videoroom", "another")
        janus.layers.clear()
        peers.note_layer(peer, room, "1", SMALL)
        await settled(peer)
        assert janus.layers == [{"1": LARGE}] * len(layers.ASK_AFTER_S)

        # Another conductor, or a video after another: nothing is known of it.
        assert Peer.restored(peer.token, peer.kept()).mids == peer.mids
        peers.note_layer(peer, room, "1", LARGE)
        del room.speakers.videos[2]
        peers.forget_videos(peer, room)
        assert (peer.layers, peer.mids) == ({1: SMALL}, {1: "0", 3: "2"})

    with_janus(act)
