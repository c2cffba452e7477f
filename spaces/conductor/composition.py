"""One Space's compositor: it is told the scene, and Janus is told what to send it."""

import asyncio
import contextlib
import json
import logging
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from spaces.compositor.scene import SOLO, SPACE, Face, Feed, Scene, Shape
from spaces.conductor.link import JanusError, Link
from spaces.conductor.rooms import MIX_SSRC, Room

log = logging.getLogger(__name__)

_PORTS_WITHIN_S, _ENDS_WITHIN_S = 10.0, 3.0


@dataclass(frozen=True)
class Show:
    """What is composed of a Space, or of somebody who is live alone, and where it goes: the address holds a key."""

    address: str
    title: str
    channel: str
    faces: tuple[Face, ...]
    is_solo: bool = False

    @property
    def shape(self) -> Shape:
        return SOLO if self.is_solo else SPACE


class Composition:
    """`ask_key(user)` has somebody's page send a key frame."""

    def __init__(self, link: Link, key: str, show: Show, ask_key: Callable[[int], Awaitable[None]]) -> None:
        self._link, self._key, self._ask_key = link, key, ask_key
        self.show = show
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._address, self._ports = "", {"sound": 0, "pictures": 0}
        self._room: Room | None = None
        # By which forwarder the mix comes, and as what.
        self._sound: tuple[int, int] | None = None
        # Whose picture is forwarded, as what, and by which forwarder.
        self._fed: tuple[int, Feed, int | None] | None = None
        self._told: Scene | None = None
        self._lock = asyncio.Lock()
        self._is_stopped = False

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Begin with the slate. Raises OSError or TimeoutError."""
        self._address = await asyncio.to_thread(address_towards, self._link.url)
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "spaces.compositor", self._address),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=settings.BASE_DIR,
        )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), _PORTS_WITHIN_S)
        self._ports = json.loads(line or b"{}")
        if not line:
            raise OSError("the compositor didn't start")
        self._tell(self._scene(), address=self.show.address, shape=asdict(self.show.shape))
        self._reader = asyncio.create_task(self._read())

    async def see_to(self, room: Room) -> None:
        """Show what is so in this room now. Another room than before sends everything anew."""
        async with self._lock:
            if self._is_stopped:
                return
            if room is not self._room:
                self._room, self._sound, self._fed = room, None, None
            if self._sound is None:
                self._sound = await self._forward_sound(room)
            await self._feed(room)
            scene = self._scene()
            if scene != self._told:
                self._tell(scene)

    async def forget_room(self) -> None:
        """Nothing is forwarded any more: the next look at the room has everything sent anew."""
        async with self._lock:
            self._room = None

    def _scene(self) -> Scene:
        speakers = self._room.speakers if self._room else None
        return Scene(
            self.show.title,
            self.show.channel,
            self.show.faces,
            tuple(speakers.talking) if speakers else (),
            self._fed[1] if self._fed else None,
            self._sound[1] if self._sound else None,
        )

    async def _forward_sound(self, room: Room) -> tuple[int, int]:
        ssrc = _draw_ssrc()
        body = {"request": "rtp_forward", "admin_key": self._key, "always_on": True, "codec": "opus", "ptype": 111}
        where = {"host": self._address, "host_family": "ipv4", "port": self._ports["sound"]}
        made = await self._link.ask(room.audio, body | room.powers | where | {"ssrc": ssrc})
        return int(made["stream_id"]), ssrc

    async def _feed(self, room: Room) -> None:
        """Have Janus send the picture of who speaks, and no longer that of who did."""
        user = room.speakers.seen
        if (self._fed[0] if self._fed else None) == user:
            return
        before, self._fed = self._fed, None
        try:
            if user is not None:
                video = room.speakers.videos[user]
                names = {} if self.show.is_solo else {face.user: face.name for face in self.show.faces}
                feed = Feed(_draw_ssrc(), video.codec, names.get(user, ""))
                self._fed = user, feed, await self._forward_picture(room, user, feed)
        finally:
            if before is not None and before[0] in room.speakers.videos:
                await self._stop_picture(room, before)

    async def _forward_picture(self, room: Room, user: int, feed: Feed) -> int | None:
        video = room.speakers.videos[user]
        stream = {"mid": video.mid, "port": self._ports["pictures"], "ssrc": feed.ssrc, "pt": 96}
        body: dict[str, Any] = {"request": "rtp_forward", "publisher_id": str(user), "admin_key": self._key}
        # Only of layers there is one to be chosen: of anything else nothing would come.
        body |= {"host": self._address, "host_family": "ipv4", "streams": [stream | {"simulcast": video.is_layered}]}
        try:
            made = await self._link.ask(room.video, body | room.powers)
        except JanusError as error:
            # They went while we asked: word of it comes.
            log.info("no picture of %s: %s", user, error)
            return None
        forwarders = made.get("forwarders") or [{}]
        number: int | None = forwarders[0].get("stream_id")
        return number

    def _tell(self, scene: Scene, **facts: Any) -> None:
        self._told = scene
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(facts | {"scene": asdict(scene)}).encode() + b"\n")

    async def _read(self) -> None:
        """Until it says nothing more."""
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            facts = json.loads(line)
            if facts["type"] == "key" and self._fed is not None and facts["ssrc"] == self._fed[1].ssrc:
                with contextlib.suppress(JanusError, TimeoutError):
                    await self._ask_key(self._fed[0])

    def rename(self, show: Show) -> None:
        """The same stream with other words or faces."""
        self.show = replace(show, address=self.show.address)

    async def stop(self) -> None:
        self._is_stopped = True
        if self._reader is not None:
            self._reader.cancel()
        # Whoever is just having something sent knows of it before all that is sent is stopped.
        async with self._lock:
            await self._stop_forwarding()
        process = self._process
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _ENDS_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _stop_forwarding(self) -> None:
        room, sound, fed = self._room, self._sound, self._fed
        self._sound = self._fed = None
        if room is not None and sound is not None:
            body = {"request": "stop_rtp_forward", "stream_id": sound[0], "admin_key": self._key}
            with contextlib.suppress(JanusError, TimeoutError):
                await self._link.ask(room.audio, body | room.powers)
        if room is not None and fed is not None:
            await self._stop_picture(room, fed)

    async def _stop_picture(self, room: Room, fed: tuple[int, Feed, int | None]) -> None:
        user, _feed, forwarder = fed
        if forwarder is None:
            return
        body = {"request": "stop_rtp_forward", "publisher_id": str(user), "stream_id": forwarder}
        with contextlib.suppress(JanusError, TimeoutError):
            await self._link.ask(room.video, body | room.powers | {"admin_key": self._key})


def _draw_ssrc() -> int:
    """A number that no other forwarder is likely to have: ports are soon another compositor's."""
    return MIX_SSRC + 1 + secrets.randbelow(2**32 - MIX_SSRC - 1)


def address_towards(url: str) -> str:
    """By which who is at this address reaches us: loopback on the same machine, else ours on their network."""
    parts = urlsplit(url)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent by this.
        probe.connect((parts.hostname, parts.port or 80))
        address: str = probe.getsockname()[0]
        return address
