"""A Space on its channel: the mix and a slate go to our own ingest, and from there it is a broadcast like others.

Whoever has no seat in the Space hears it there, and it is recorded and kept like every broadcast.
"""

import asyncio
import contextlib
import logging
import shutil
import socket
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from spaces.conductor import slate
from spaces.conductor.link import JanusError, Link
from spaces.conductor.rooms import Room
from spaces.conductor.slate import Face

log = logging.getLogger(__name__)

# Key frames every two seconds, as the packager wants them.
FRAMES_A_SECOND = 10
_SDP = """v=0
o=- 0 0 IN IP4 {address}
s=Space
c=IN IP4 {address}
t=0 0
m=audio {port} RTP/AVP 111
a=rtpmap:111 opus/48000/2
"""


@dataclass(frozen=True)
class Show:
    """What is shown of a Space, and where it goes: the address holds the channel's key."""

    address: str
    title: str
    channel: str
    faces: tuple[Face, ...]


class Relay:
    """One ffmpeg."""

    def __init__(self, link: Link, room: Room, key: str, show: Show) -> None:
        self._link, self._room, self._key = link, room, key
        self.show = show
        self._directory = Path(tempfile.mkdtemp(prefix="estrade-space-"))
        self._process: asyncio.subprocess.Process | None = None
        self._forwarder: int | None = None
        self._drawn: tuple[Show, tuple[int, ...]] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Have Janus send the mix, and ffmpeg take it."""
        self.draw()
        address = await asyncio.to_thread(address_towards, self._link.url)
        port = _free_udp_port(address)
        (self._directory / "space.sdp").write_text(_SDP.format(address=address, port=port))
        command = self._command(address)
        self._process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
        where = {"host": address, "host_family": "ipv4", "port": port, "codec": "opus", "ptype": 111}
        body = {"request": "rtp_forward", "admin_key": self._key, "always_on": True}
        made = await self._link.ask(self._room.audio, body | self._room.powers | where)
        self._forwarder = made["stream_id"]

    def _command(self, address: str) -> list[str]:
        rate = str(FRAMES_A_SECOND)
        sound = f"-protocol_whitelist file,udp,rtp -localaddr {address} -use_wallclock_as_timestamps 1"
        sound += " -reorder_queue_size 32 -max_delay 100000 -analyzeduration 1000000 -probesize 500000"
        picture = f"-thread_queue_size 8 -re -f image2 -loop 1 -framerate {rate}"
        encoding = "-map 0:a -map 1:v -af aresample=async=1000:first_pts=0 -c:v libx264 -preset veryfast"
        encoding += f" -tune zerolatency -profile:v main -pix_fmt yuv420p -r {rate} -g {2 * FRAMES_A_SECOND}"
        encoding += (
            " -sc_threshold 0 -b:v 300k -maxrate 400k -bufsize 800k -threads 1 -c:a aac -b:a 96k -ar 48000 -ac 2"
        )
        return [
            *("ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin"),
            *(*sound.split(), "-thread_queue_size", "512", "-i", str(self._directory / "space.sdp")),
            *(*picture.split(), "-i", str(self._directory / "slate.png")),
            *(*encoding.split(), "-f", "flv", self.show.address),
        ]

    def draw(self) -> None:
        """The slate as it should be now. ffmpeg reads the file for every frame, so it is replaced in one step."""
        talking: Collection[int] = self._room.speakers.talking
        wanted = self.show, tuple(talking)
        if wanted != self._drawn:
            self._drawn = wanted
            draft = self._directory / "draft.png"
            draft.write_bytes(slate.draw(self.show.title, self.show.channel, self.show.faces, talking))
            draft.replace(self._directory / "slate.png")

    async def stop(self) -> None:
        if self._forwarder is not None:
            body = {"request": "stop_rtp_forward", "stream_id": self._forwarder}
            with contextlib.suppress(JanusError, TimeoutError):
                await self._link.ask(self._room.audio, body | self._room.powers)
        if self._process is not None and self.is_running:
            # There is nothing to be finished, and at an input that fell silent it would wait.
            self._process.kill()
            await self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)


def address_towards(url: str) -> str:
    """By which who is at this address reaches us: loopback on the same machine, else ours on their network."""
    parts = urlsplit(url)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent by this.
        probe.connect((parts.hostname, parts.port or 80))
        address: str = probe.getsockname()[0]
        return address


def _free_udp_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        # ffmpeg takes the odd one after it for reports.
        return port - port % 2
