"""A Space's rooms in Janus: AudioBridge for voices, VideoRoom for pictures, a mountpoint for who only listens.

Rooms and forwarders outlive the session that made them, and an empty one still costs a thread: they are made when a
Space opens, taken away at its end, and all that is left over is reaped with a new session.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection
from typing import Any

from spaces import telling
from spaces.access import read_uuid
from spaces.conductor.link import JanusError, Link
from spaces.conductor.speakers import Speakers
from spaces.models import PUBLISHERS
from spaces.settings import room_secret

OBSERVER = "observer"
# By this the mountpoint's forwarder is told from those to compositors.
MIX_SSRC = 1
VIDEO_BITRATE, SOLO_BITRATE = 800_000, 2_000_000
# 20 ms each: who is heard for so long is talking. Fewer would take a cough for speech.
ACTIVE_PACKETS = 12
# Each plugin has its own number for it.
THERE_ALREADY = {486, 427, 456}
_ROOMS_OF = {"audiobridge": "room", "videoroom": "room", "streaming": "id"}
_TOLD_AFTER_S = 0.1


class Room:
    """One open Space, or whom is live alone. `audio` and `video` are the handles by which it is heard what happens."""

    def __init__(self, space: str, audio: int, video: int, bitrate: int = VIDEO_BITRATE) -> None:
        self.space, self.audio, self.video, self.bitrate = space, audio, video, bitrate
        self.secret = room_secret(space)
        self.speakers = Speakers()
        self.silenced: set[int] = set()
        self._inside = 0
        self._telling: asyncio.Task[None] | None = None

    @property
    def keys(self) -> dict[str, str]:
        """What a participant joins with."""
        return {"room": self.space, "pin": self.secret}

    @property
    def powers(self) -> dict[str, str]:
        """What a room is changed with."""
        return {"room": self.space, "secret": self.secret}

    def count_inside(self, pages: int) -> None:
        if pages != self._inside:
            self._inside = pages
            self.tell_soon()

    def tell_soon(self) -> None:
        """Tell pages what changed; what changes at once is told once."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(_TOLD_AFTER_S)
        space = read_uuid(self.space)
        assert space is not None
        telling.keep_media(space, self.speakers.described() | {"inside": self._inside})


class Rooms:
    """Makes rooms and takes them away."""

    def __init__(self, link: Link, key: str) -> None:
        self._link, self._key = link, key

    async def make(self, space: str, bitrate: int = VIDEO_BITRATE) -> Room:
        """A Space's rooms. What somebody left half-made takes nobody in: it goes first."""
        try:
            return await self._make(space, bitrate)
        except JanusError as error:
            if error.code not in THERE_ALREADY:
                raise
        await self._destroy(space)
        return await self._make(space, bitrate)

    async def _make(self, space: str, bitrate: int) -> Room:
        taken: list[int] = []
        try:
            for plugin in ("audiobridge", "videoroom"):
                taken.append(await self._link.attach(plugin, f"{space}/{OBSERVER}"))
            room = Room(space, taken[0], taken[1], bitrate)
            await self._fill(room)
        except (JanusError, TimeoutError):
            for handle in taken:
                await self._let_go(handle)
            raise
        return room

    async def _fill(self, room: Room) -> None:
        await self._link.ask(room.audio, self._audio_room(room))
        await self._link.ask(room.video, self._video_room(room))
        await self._link.ask(
            room.audio, {"request": "join", "id": OBSERVER, "muted": True, "secret": room.secret} | room.keys
        )
        await self._link.ask(room.video, {"request": "join", "ptype": "publisher", "id": OBSERVER} | room.keys)
        await self._mount(room)

    async def _let_go(self, handle: int) -> None:
        with contextlib.suppress(TimeoutError):
            await self._link.detach(handle)

    def _audio_room(self, room: Room) -> dict[str, Any]:
        return self._new_room(room) | {
            "sampling_rate": 48000,
            "audiolevel_event": True,
            "audio_active_packets": ACTIVE_PACKETS,
            "audio_level_average": 50,
            "default_prebuffering": 6,
            "default_expectedloss": 10,
            "default_bitrate": 40000,
        }

    def _video_room(self, room: Room) -> dict[str, Any]:
        return self._new_room(room) | {
            "publishers": PUBLISHERS,
            "bitrate": room.bitrate,
            "bitrate_cap": True,
            "fir_freq": 0,
            "audiocodec": "opus",
            "videocodec": "h264,vp8",
            "h264_profile": "42e01f",
            "notify_joining": False,
        }

    def _new_room(self, room: Room) -> dict[str, Any]:
        facts = {"request": "create", "admin_key": self._key, "permanent": False, "is_private": True}
        return facts | room.powers | {"pin": room.secret}

    async def _mount(self, room: Room) -> None:
        """The mix goes to a mountpoint, from which each listener costs a tenth of what a participant does."""
        handle = await self._link.attach("streaming", f"{room.space}/{OBSERVER}")
        stream = {
            "type": "audio",
            "mid": "a",
            "label": "mix",
            "port": 0,
            "iface": "127.0.0.1",
            "pt": 111,
            "codec": "opus",
            "rtpmap": "opus/48000/2",
        }
        body = {
            "request": "create",
            "type": "rtp",
            "id": room.space,
            "admin_key": self._key,
            "is_private": True,
            "secret": room.secret,
            "pin": room.secret,
            "permanent": False,
            "media": [stream],
        }
        try:
            made = await self._link.ask(handle, body)
        finally:
            await self._let_go(handle)
        await self._forward(room, made["stream"]["ports"][0]["port"])

    async def _forward(self, room: Room, port: int) -> None:
        where = {"host": "127.0.0.1", "host_family": "ipv4", "port": port, "codec": "opus", "ptype": 111}
        body = {"request": "rtp_forward", "admin_key": self._key, "always_on": True, "ssrc": MIX_SSRC}
        await self._link.ask(room.audio, body | room.powers | where)

    async def stop_forwarding(self, room: Room) -> None:
        """To compositors: by which conductor they were started, and what else has their ports by now, nobody knows.

        Raises JanusError when listeners wouldn't hear this room.
        """
        heard = await self._link.ask(room.audio, {"request": "listforwarders"} | room.powers)
        forwarders = heard.get("rtp_forwarders", ())
        if not any(one["ssrc"] == MIX_SSRC for one in forwarders):
            raise JanusError(0, "the mix goes nowhere")
        body = {"request": "stop_rtp_forward", "admin_key": self._key}
        for one in forwarders:
            if one["ssrc"] != MIX_SSRC:
                await self._link.ask(room.audio, body | room.powers | {"stream_id": one["stream_id"]})
        seen = await self._link.ask(room.video, {"request": "listforwarders"} | room.powers)
        for publisher in seen.get("publishers", ()):
            who = {"publisher_id": publisher["publisher_id"]}
            for one in publisher.get("forwarders", ()):
                # They may go meanwhile.
                with contextlib.suppress(JanusError):
                    await self._link.ask(room.video, body | room.powers | who | {"stream_id": one["stream_id"]})

    async def look_again(self, room: Room) -> None:
        """What was said while nobody listened: who is there now."""
        room.speakers = Speakers()
        heard = await self._link.ask(room.audio, {"request": "listparticipants", "room": room.space})
        room.speakers.note_audio(heard, time.monotonic())
        room.speakers.note_video(await self._ask_videos(room))
        room.tell_soon()

    async def _ask_videos(self, room: Room) -> dict[str, Any]:
        """Janus says as what each picture comes to who joins alone; of that nobody is told."""
        handle = await self._link.attach("videoroom", f"{room.space}/look")
        body = {"request": "join", "ptype": "publisher", "id": f"{OBSERVER}-{handle}"}
        try:
            return await self._link.ask(handle, body | room.keys)
        finally:
            await self._let_go(handle)

    async def close(self, room: Room) -> None:
        """End a Space's rooms, with whoever is still in them."""
        await self._destroy(room.space)
        for handle in (room.audio, room.video):
            await self._let_go(handle)

    async def _destroy(self, space: str) -> None:
        for plugin, name in _ROOMS_OF.items():
            handle = await self._link.attach(plugin, f"{space}/close")
            try:
                with contextlib.suppress(JanusError):
                    await self._link.ask(handle, {"request": "destroy", name: space, "secret": room_secret(space)})
            finally:
                await self._let_go(handle)

    async def keep_to(self, room: Room, people: Collection[int]) -> None:
        """Nobody but these is heard or seen, whichever handle they came by: what Janus says is the truth."""
        for handle, there in ((room.audio, room.speakers.connected), (room.video, room.speakers.videos)):
            for user in set(there).difference(people):
                # They may have gone by themselves.
                with contextlib.suppress(JanusError):
                    await self._link.ask(handle, {"request": "kick", "id": str(user)} | room.powers)

    async def reap(self) -> None:
        """Take away every room there is: they are of a session that nobody owns any more."""
        for plugin, name in _ROOMS_OF.items():
            handle = await self._link.attach(plugin, "reaper")
            found = await self._link.ask(handle, {"request": "list", "admin_key": self._key})
            for row in found.get("list", ()):
                space = row[name]
                with contextlib.suppress(JanusError):
                    await self._link.ask(handle, {"request": "destroy", name: space, "secret": room_secret(space)})
            await self._link.detach(handle)
