"""What one seat has in Janus: a handle each for speaking, showing, listening and watching.

Whatever is asked for anew replaces what there was: a page that lost its connection simply asks again.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from spaces import telling
from spaces.conductor import layers
from spaces.conductor.link import JanusError, Link
from spaces.conductor.memory import Memory
from spaces.conductor.rooms import Room
from spaces.conductor.speakers import Video

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
    # The number of the page's connection that each is for.
    of: dict[str, int] = field(default_factory=dict)
    is_watching: bool = False
    subscribed: set[int] = field(default_factory=set)
    # Whom the page shows large; as which stream each picture comes to it, and in which layer, as far as Janus said.
    large: set[int] = field(default_factory=set)
    mids: dict[int, str] = field(default_factory=dict)
    layers: dict[int, int] = field(default_factory=dict)
    laying: asyncio.Task[None] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    watch_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def kept(self) -> dict[str, Any]:
        """What the next conductor must know."""
        return {
            "space": self.space,
            "user": self.user,
            "handles": self.handles,
            "of": self.of,
            "is_watching": self.is_watching,
            "subscribed": sorted(self.subscribed),
            "large": sorted(self.large),
            "mids": list(self.mids.items()),
        }

    @classmethod
    def restored(cls, token: str, facts: dict[str, Any]) -> "Peer":
        peer = cls(token, facts["space"], facts["user"], facts["handles"], facts.get("of", {}), facts["is_watching"])
        peer.subscribed = set(facts["subscribed"])
        peer.large, peer.mids = set(facts.get("large", ())), dict(facts.get("mids", ()))
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
        # Nobody answers what was offered to the connection before.
        peer.answered.set()
        await self.drop(peer, "watch")
        peer.is_watching, peer.subscribed = True, set()
        peer.mids, peer.layers = {}, {}
        await self.look(peer, room)

    async def look(self, peer: Peer, room: Room) -> None:
        """Offer a page the videos that it doesn't have yet. One offer at a time: each waits for its answer."""
        async with peer.watch_lock:
            feeds = {user: video for user, video in room.speakers.videos.items() if user != peer.user}
            self.forget_videos(peer, room)
            fresh = {user: video for user, video in feeds.items() if user not in peer.subscribed}
            if not peer.is_watching or not fresh or not self.has(peer):
                return
            peer.answered.clear()
            offer = await self._subscribe(peer, room, fresh)
            if not self.has(peer):
                return
            self._tell(peer, "watch", offer)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(peer.answered.wait(), _ANSWERED_WITHIN_S)
        self._lay_soon(peer, room)

    async def _subscribe(self, peer: Peer, room: Room, fresh: dict[int, Video]) -> dict[str, Any]:
        """Janus's offer with these videos in it, in streams that nobody has or that somebody else had."""
        streams = [{"feed": str(user), "mid": video.mid} for user, video in fresh.items()]
        if "watch" in peer.handles:
            offer = await self._link.ask(peer.handles["watch"], {"request": "update", "subscribe": streams})
        else:
            handle = await self._take(peer, "watch")
            body = {"request": "join", "ptype": "subscriber", "use_msid": True, "autoupdate": False}
            offer = await self._link.ask(handle, body | room.keys | {"streams": streams})
        peer.subscribed |= set(fresh)
        if "streams" in offer:
            peer.mids = {one["user"]: one["mid"] for one in _streams(offer)}
        await self._memory.keep_peer(peer.token, peer.kept())
        return offer

    async def prefer(self, peer: Peer, room: Room, large: Iterable[int]) -> None:
        """Send a page the large pictures of these people, and the small ones of all others."""
        peer.large = set(large)
        await self._memory.keep_peer(peer.token, peer.kept())
        self._lay_soon(peer, room)

    def watching_by(self, handle: int) -> Peer | None:
        return next((peer for peer in self.all.values() if peer.handles.get("watch") == handle), None)

    def note_layer(self, peer: Peer, room: Room, mid: str, layer: int) -> None:
        """What comes to a page by now, as Janus says it; where that isn't what is wanted it is asked about."""
        user = next((user for user, its in peer.mids.items() if its == mid), None)
        if user is not None:
            peer.layers[user] = layer
            if layers.wanted(room.speakers.videos, peer.large).get(user, layer) != layer:
                self._lay_soon(peer, room)

    @staticmethod
    def forget_videos(peer: Peer, room: Room) -> None:
        """Those that are switched off: the same person's next one is a new one, of which nothing is known."""
        shown = room.speakers.videos
        peer.subscribed &= set(shown)
        peer.mids = {user: mid for user, mid in peer.mids.items() if user in shown}
        peer.layers = {user: layer for user, layer in peer.layers.items() if user in shown}

    def lay_all(self, room: Room) -> None:
        """Nobody knows what comes to whom: all is asked for."""
        for peer in self.of(room.space):
            peer.layers.clear()
            self._lay_soon(peer, room)

    def _lay_soon(self, peer: Peer, room: Room) -> None:
        if peer.laying is not None:
            peer.laying.cancel()
        peer.laying = asyncio.create_task(self._lay(peer, room))

    async def _lay(self, peer: Peer, room: Room) -> None:
        """Have what is wanted come to a page."""
        for pause_s in layers.ASK_AFTER_S:
            await asyncio.sleep(pause_s)
            async with peer.watch_lock:
                wanted = layers.wanted(room.speakers.videos, peer.large)
                wrong = {user: layer for user, layer in wanted.items() if peer.layers.get(user) != layer}
                streams = [
                    {"mid": peer.mids[user], "substream": layer} for user, layer in wrong.items() if user in peer.mids
                ]
                if not streams or "watch" not in peer.handles or not self.has(peer):
                    return
                with contextlib.suppress(JanusError, TimeoutError):
                    await self._link.ask(peer.handles["watch"], {"request": "configure", "streams": streams})

    async def ask_key(self, space: str, user: int, room: Room) -> None:
        """Have somebody's page send a key frame: by its own handle alone it can be asked for."""
        video = room.speakers.videos.get(user)
        for peer in self.of(space, user):
            if video is not None and "show" in peer.handles:
                body = {"request": "configure", "streams": [{"mid": video.mid, "keyframe": True}]}
                await self._link.ask(peer.handles["show"], body)

    async def answer(self, peer: Peer, to: str, of: int, sdp: str) -> None:
        """What a page says to an offer of ours; what it says of a connection that it gave up is let be."""
        if of != peer.of.get(to):
            return
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
        if peer.laying is not None:
            peer.laying.cancel()
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
        streams = _streams(answer) if kind == "watch" else []
        about = {"type": "jsep", "for": kind, "of": peer.of.get(kind, 0)}
        telling.tell_seat(peer.token, about | {"jsep": jsep["type"], "sdp": jsep["sdp"], "streams": streams})


def _streams(offer: dict[str, Any]) -> list[dict[str, Any]]:
    """Whose picture comes as which stream of an offer."""
    return [
        {"mid": one["mid"], "user": int(one["feed_id"])}
        for one in offer.get("streams", ())
        if one.get("active") and str(one.get("feed_id", "")).isdigit()
    ]
