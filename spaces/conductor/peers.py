"""What one seat has in Janus: a handle each for speaking, showing, listening and watching.

Whatever is asked for anew replaces what there was: a page that lost its connection simply asks again.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from spaces import telling
from spaces.conductor.link import JanusError, Link
from spaces.conductor.memory import Memory
from spaces.conductor.rooms import Room

PLUGINS = {"speak": "audiobridge", "show": "videoroom", "watch": "videoroom", "listen": "streaming"}
_ANSWERED_WITHIN_S = 5.0
# VideoRoom's word for it, and AudioBridge's.
_NAME_TAKEN = (436, 490)


@dataclass
class Peer:
    """One seat."""

    token: str
    space: str
    user: int
    handles: dict[str, int] = field(default_factory=dict)
    is_watching: bool = False
    subscribed: set[int] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    watch_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def kept(self) -> dict[str, Any]:
        """What the next conductor must know."""
        return {
            "space": self.space,
            "user": self.user,
            "handles": self.handles,
            "is_watching": self.is_watching,
            "subscribed": sorted(self.subscribed),
        }

    @classmethod
    def restored(cls, token: str, facts: dict[str, Any]) -> "Peer":
        peer = cls(token, facts["space"], facts["user"], facts["handles"], facts["is_watching"])
        peer.subscribed = set(facts["subscribed"])
        return peer


class Peers:
    """Everybody's handles."""

    def __init__(self, link: Link, memory: Memory) -> None:
        self._link, self._memory = link, memory
        self.all: dict[str, Peer] = {}

    def get(self, token: str, space: str, user: int) -> Peer:
        return self.all.setdefault(token, Peer(token, space, user))

    def has(self, peer: Peer) -> bool:
        """Whether this one wasn't forgotten while something waited for it."""
        return self.all.get(peer.token) is peer

    def of(self, space: str, user: int | None = None) -> list[Peer]:
        return [peer for peer in self.all.values() if peer.space == space and user in (None, peer.user)]

    async def speak(self, peer: Peer, room: Room, sdp: str, *, muted: bool) -> None:
        """Join the mix. Whoever speaks twice is heard from the newest page alone."""
        await self._replace(peer, "speak")
        await self.drop(peer, "listen")
        handle = await self._take(peer, "speak")
        name = str(peer.user)
        await self._join(handle, {"request": "join", "id": name, "display": name, "muted": muted} | room.keys)
        body = {"request": "configure", "muted": muted}
        self._tell(peer, "speak", await self._link.ask(handle, body, ("offer", sdp)))

    async def _replace(self, peer: Peer, kind: str) -> None:
        """What the same person's other pages send ends, and they are told, so that they don't take it back."""
        for other in self.of(peer.space, peer.user):
            if other is not peer and kind in other.handles:
                telling.tell_seat(other.token, {"type": "replaced", "for": kind})
            await self.drop(other, kind)

    async def _join(self, handle: int, body: dict[str, Any], sdp: tuple[str, str] | None = None) -> dict[str, Any]:
        """Who left a moment ago may still be there under their name."""
        for pause_s in (0.1, 0.3):
            try:
                return await self._link.ask(handle, body, sdp)
            except JanusError as error:
                if error.code not in _NAME_TAKEN:
                    raise
                await asyncio.sleep(pause_s)
        return await self._link.ask(handle, body, sdp)

    async def mute(self, peer: Peer, *, muted: bool) -> None:
        if "speak" in peer.handles:
            await self._link.ask(peer.handles["speak"], {"request": "configure", "muted": muted})

    async def show(self, peer: Peer, room: Room, sdp: str) -> None:
        """Send video; also from one page alone."""
        await self._replace(peer, "show")
        handle = await self._take(peer, "show")
        body = {"request": "joinandconfigure", "ptype": "publisher", "id": str(peer.user), "bitrate": room.bitrate}
        self._tell(peer, "show", await self._join(handle, body | room.keys, ("offer", sdp)))

    async def listen(self, peer: Peer, room: Room) -> None:
        """Hear the mix without a voice in it: Janus makes the offer."""
        handle = await self._take(peer, "listen")
        body = {"request": "watch", "id": room.space, "pin": room.secret}
        self._tell(peer, "listen", await self._link.ask(handle, body))

    async def watch(self, peer: Peer, room: Room) -> None:
        """See every video from now on."""
        await self.drop(peer, "watch")
        peer.is_watching, peer.subscribed = True, set()
        await self.look(peer, room)

    async def look(self, peer: Peer, room: Room) -> None:
        """Offer a page the videos that it doesn't have yet. One offer at a time: each waits for its answer."""
        async with peer.watch_lock:
            feeds = {user: video for user, video in room.speakers.videos.items() if user != peer.user}
            peer.subscribed &= set(feeds)
            fresh = {user: video for user, video in feeds.items() if user not in peer.subscribed}
            if not peer.is_watching or not fresh or not self.has(peer):
                return
            streams = [{"feed": str(user), "mid": video.mid} for user, video in fresh.items()]
            peer.answered.clear()
            if "watch" in peer.handles:
                offer = await self._link.ask(peer.handles["watch"], {"request": "update", "subscribe": streams})
            else:
                handle = await self._take(peer, "watch")
                body = {"request": "join", "ptype": "subscriber", "use_msid": True, "autoupdate": False}
                offer = await self._link.ask(handle, body | room.keys | {"streams": streams})
            peer.subscribed |= set(fresh)
            await self._memory.keep_peer(peer.token, peer.kept())
            if not self.has(peer):
                return
            self._tell(peer, "watch", offer)
            try:
                await asyncio.wait_for(peer.answered.wait(), _ANSWERED_WITHIN_S)
            except TimeoutError:
                return

    async def ask_key(self, space: str, user: int, room: Room) -> None:
        """Have somebody's page send a key frame: by its own handle alone it can be asked for."""
        video = room.speakers.videos.get(user)
        for peer in self.of(space, user):
            if video is not None and "show" in peer.handles:
                body = {"request": "configure", "streams": [{"mid": video.mid, "keyframe": True}]}
                await self._link.ask(peer.handles["show"], body)

    async def answer(self, peer: Peer, to: str, sdp: str) -> None:
        """What a page says to an offer of ours."""
        if to in peer.handles:
            await self._link.ask(peer.handles[to], {"request": "start"}, ("answer", sdp))
        if to == "watch":
            peer.answered.set()

    async def drop(self, peer: Peer, *kinds: str) -> None:
        """Let go of these handles, or of all."""
        for kind in kinds or tuple(peer.handles):
            handle = peer.handles.pop(kind, None)
            if handle is not None:
                await self._link.detach(handle)

    async def forget(self, peer: Peer) -> None:
        """A seat that is gone: what is being done for it is waited for, what waits its turn does nothing any more."""
        if self.has(peer):
            del self.all[peer.token]
        peer.answered.set()
        async with peer.lock, peer.watch_lock:
            try:
                await self.drop(peer)
            finally:
                await self._memory.keep_peer(peer.token, None)

    async def _take(self, peer: Peer, kind: str) -> int:
        await self.drop(peer, kind)
        handle = await self._link.attach(PLUGINS[kind], f"{peer.space}/{peer.token[:8]}/{kind}")
        peer.handles[kind] = handle
        await self._memory.keep_peer(peer.token, peer.kept())
        return handle

    @staticmethod
    def _tell(peer: Peer, kind: str, answer: dict[str, Any]) -> None:
        jsep = answer.get("jsep")
        if jsep is None:
            if kind == "watch":
                # Nothing new to agree on.
                peer.answered.set()
                return
            raise JanusError(0, f"no description came for {kind}")
        streams = [
            {"mid": one["mid"], "user": int(one["feed_id"])}
            for one in answer.get("streams", ())
            if kind == "watch" and one.get("active") and str(one.get("feed_id", "")).isdigit()
        ]
        telling.tell_seat(
            peer.token, {"type": "jsep", "for": kind, "jsep": jsep["type"], "sdp": jsep["sdp"], "streams": streams}
        )
