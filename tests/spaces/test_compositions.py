"""What Janus is told to send to compositors, and when one is started or stopped."""

import asyncio
import uuid
from dataclasses import replace

import pytest

from spaces.conductor.composition import Composition, Show
from spaces.conductor.compositions import Compositions
from spaces.conductor.conductor import Conductor
from spaces.conductor.house import Stage
from spaces.conductor.link import Link
from spaces.conductor.rooms import MIX_SSRC, Room, Rooms
from tests.spaces.janus import Janus, with_janus

pytestmark = pytest.mark.usefixtures("fresh_house")

SPACE, OTHER = str(uuid.uuid4()), str(uuid.uuid4())
SHOW = Show("rtmp://ingest.example/key", "Evening talk", "alice", ())


async def ask_key(user: int) -> None:
    """Nobody's page."""


def composed(janus: Janus) -> dict[str, list[int]]:
    """By plugin, the numbers of what goes to compositors."""
    found: dict[str, list[int]] = {}
    for plugin, body in janus.forwarders.values():
        ssrc = body["streams"][0]["ssrc"] if "streams" in body else body["ssrc"]
        if ssrc != MIX_SSRC:
            found.setdefault(plugin, []).append(ssrc)
    return found


async def with_a_picture(link: Link) -> tuple[Room, Composition]:
    room = await Rooms(link, "").make(SPACE)
    room.speakers.note_video({"publishers": [{"id": "7", "streams": [{"type": "video", "mid": "0"}]}]})
    one = Composition(link, "", SHOW, ask_key)
    await one.see_to(room)
    return room, one


@pytest.mark.parametrize("refused", [[], ["stop_rtp_forward"]])
def test_nothing_is_sent_to_a_compositor_that_ended(refused: list[str]) -> None:
    async def act(janus: Janus, link: Link) -> None:
        room, one = await with_a_picture(link)
        sent = composed(janus)
        assert {plugin: len(numbers) for plugin, numbers in sent.items()} == {"audiobridge": 1, "videoroom": 1}
        assert one._told is not None
        assert one._told.feed is not None
        assert ([one._told.sound], [one._told.feed.ssrc]) == (sent["audiobridge"], sent["videoroom"])

        janus.refused = list(refused)
        await one.stop()
        # What is refused for the sound keeps nothing of the picture.
        assert composed(janus).keys() == ({"audiobridge"} if refused else set())
        await one.see_to(room)
        assert "videoroom" not in composed(janus)

    with_janus(act)


def test_what_is_just_being_sent_is_stopped_too() -> None:
    async def act(janus: Janus, link: Link) -> None:
        room = await Rooms(link, "").make(SPACE)
        one = Composition(link, "", SHOW, ask_key)
        await asyncio.gather(one.see_to(room), one.stop())

        assert composed(janus) == {}

    with_janus(act)


def test_what_is_sent_anew_has_other_numbers() -> None:
    async def act(janus: Janus, link: Link) -> None:
        room, one = await with_a_picture(link)
        before = composed(janus)
        await one.forget_room()
        await one.see_to(room)

        after = composed(janus)
        assert after["audiobridge"][:1] == before["audiobridge"]
        assert len({*after["audiobridge"], *after["videoroom"]}) == 4

    with_janus(act)


class Slow(Composition):
    """Starts when it is let to, and stops never."""

    let = asyncio.Event()
    is_running = True

    async def start(self) -> None:
        if self.show.title == "slow":
            await self.let.wait()

    async def see_to(self, room: Room) -> None:
        """Nothing is sent."""

    async def stop(self) -> None:
        await self.let.wait()


def test_no_space_waits_for_anothers_compositor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spaces.conductor.compositions.Composition", Slow)

    async def act() -> None:
        Slow.let = asyncio.Event()
        conductor = Conductor("ws://127.0.0.1:1", "")
        for space, number in ((SPACE, 1), (OTHER, 3)):
            conductor._observe(Room(space, number, number + 1))
        for space, title in ((SPACE, "slow"), (OTHER, "quick")):
            stage = Stage(frozenset(), frozenset(), replace(SHOW, title=title))
            await conductor._see_to(conductor._open[space], stage)
        # Once more, as each second.
        await conductor._see_to(conductor._open[SPACE], stage)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert conductor._compositions.besides(()) == [OTHER]

        conductor._drop_streams({})
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert conductor._compositions.besides(()) == []
        Slow.let.set()
        await asyncio.gather(*conductor._tasks)
        assert conductor._compositions.besides(()) == [SPACE]

    asyncio.run(act())


def test_a_stream_that_is_over_ends_while_janus_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spaces.conductor.compositions.Composition", Slow)
    monkeypatch.setattr("spaces.conductor.conductor.SWEEP_S", 0)
    monkeypatch.setattr("spaces.conductor.house.read_stages", dict)

    async def act() -> None:
        Slow.let = asyncio.Event()
        Slow.let.set()
        conductor = Conductor("ws://127.0.0.1:1", "")
        conductor._clear_seats = _nothing  # type: ignore[method-assign]
        compositions: Compositions = conductor._compositions
        await compositions.see_to(Room(SPACE, 1, 2), SHOW)
        assert compositions.besides(()) == [SPACE]

        sweeping = asyncio.create_task(conductor._sweep())
        async with asyncio.timeout(5):
            while compositions.besides(()):  # noqa: ASYNC110 it is the conductor's
                await asyncio.sleep(0)
        sweeping.cancel()

    asyncio.run(act())


async def _nothing() -> None:
    pass
