"""The conductor itself: takes orders, hears what happens in Janus's rooms, and sees that what should be there is."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from realtime import publish
from realtime.threads import in_thread
from spaces import orders, seating, telling
from spaces.access import read_uuid
from spaces.conductor import house
from spaces.conductor.activity import UPDATE_S
from spaces.conductor.compositions import Compositions
from spaces.conductor.link import JanusError, Link, LinkLost, Message
from spaces.conductor.memory import Memory
from spaces.conductor.peers import Peer, Peers
from spaces.conductor.rooms import Room, Rooms

log = logging.getLogger(__name__)

SWEEP_S = 1.0
Order = Mapping[str, Any]


class Conductor:
    """One at a time; `run` returns when it is cancelled, or when another has taken over."""

    def __init__(self, url: str, secret: str) -> None:
        self._memory = Memory()
        self._link = Link(url, secret, self._on_session, self._on_event)
        self._rooms, self._peers = Rooms(self._link, secret), Peers(self._link, self._memory)
        self._compositions = Compositions(self._link, secret, self._ask_key)
        self._open: dict[str, Room] = {}
        self._observed: dict[int, Room] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._syncing = asyncio.Lock()
        self._missed: house.Missed = {}
        self._doing: dict[str, Callable[[Peer, Room, Order], Awaitable[None]]] = {
            "speak": self._speak,
            "mute": self._mute,
            "show": lambda peer, room, order: self._peers.show(peer, room, order["sdp"]),
            "hide": lambda peer, room, order: self._peers.drop(peer, "show"),
            "listen": lambda peer, room, order: self._peers.listen(peer, room),
            "watch": lambda peer, room, order: self._peers.watch(peer, room),
            "prefer": lambda peer, room, order: self._peers.prefer(peer, room, order["large"]),
        }

    async def run(self) -> None:
        await self._memory.await_lease()
        self._link.session = await self._memory.session()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._memory.hold_lease())
                group.create_task(self._link.keep())
                group.create_task(self._take_orders())
                group.create_task(self._sweep())
                group.create_task(self._listen())
        finally:
            await self._compositions.drop_all()
            await self._memory.give_back()

    # Janus

    async def _on_session(self, is_new: bool) -> None:
        assert self._link.session is not None
        await self._memory.note_session(self._link.session, is_new=is_new)
        if is_new:
            await self._start_anew()
        else:
            await self._go_on()

    async def _start_anew(self) -> None:
        """Janus knows nothing of us: rooms are made, and everybody is asked to come again."""
        self._open, self._observed = {}, {}
        self._peers.all.clear()
        await self._rooms.reap()
        await self._sync()

    async def _go_on(self) -> None:
        """Janus still has everything: what another conductor knew is read, and what was said meanwhile asked for."""
        if not self._open:
            for space, facts in (await self._memory.rooms()).items():
                self._observe(Room(space, **facts))
            for token, facts in (await self._memory.peers()).items():
                self._peers.all[token] = Peer.restored(token, facts)
        for room in list(self._open.values()):
            try:
                await self._rooms.look_again(room)
                await self._rooms.stop_forwarding(room)
                await self._compositions.forget_room(room.space)
                self._peers.lay_all(room)
            except LinkLost:
                raise
            except (JanusError, TimeoutError) as error:
                log.warning("room %s is made anew: %s", room.space, error)
                self._lose(room)
        await self._sync()

    def _observe(self, room: Room) -> None:
        self._open[room.space] = room
        self._observed |= {room.audio: room, room.video: room}

    def _lose(self, room: Room) -> None:
        self._open.pop(room.space, None)
        for handle in (room.audio, room.video):
            self._observed.pop(handle, None)

    def _on_event(self, message: Message) -> None:
        if message["janus"] != "event":
            return
        data = message["plugindata"]["data"]
        if "substream" in data and "mid" in data:
            self._note_layer(message["sender"], data)
        room = self._observed.get(message.get("sender", 0))
        if room is None:
            return
        videos = set(room.speakers.videos)
        is_sound = "audiobridge" in data
        if room.speakers.note_audio(data, time.monotonic()) if is_sound else room.speakers.note_video(data):
            self._note_change(room)
        if set(room.speakers.videos) != videos:
            for peer in self._peers.of(room.space):
                self._spawn(self._looked(peer, room))

    def _note_layer(self, handle: int, data: Message) -> None:
        """Janus says to each page's handle in which size a picture comes from now on."""
        peer = self._peers.watching_by(handle)
        room = self._open.get(peer.space) if peer else None
        if peer is not None and room is not None:
            self._peers.note_layer(peer, room, data["mid"], data["substream"])

    def _note_change(self, room: Room) -> None:
        """Pages and the composed stream show the same."""
        room.tell_soon()
        self._spawn(self._compositions.follow(room))

    async def _listen(self) -> None:
        """Who is the one to look at changes also while nobody says anything new."""
        while True:
            await asyncio.sleep(UPDATE_S)
            now = time.monotonic()
            for room in self._open.values():
                if room.speakers.update(now):
                    self._note_change(room)

    async def _ask_key(self, space: str, user: int) -> None:
        if space in self._open:
            await self._peers.ask_key(space, user, self._open[space])

    async def _looked(self, peer: Peer, room: Room) -> None:
        """A video that is gone is forgotten at once, so that the same person's next one is a new one."""
        self._peers.forget_videos(peer, room)
        await self._peers.look(peer, room)

    # What should be there

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self._clear_seats()
                if self._link.is_ready.is_set():
                    await self._sync()
                else:
                    # Of a stream that is over Janus needn't know.
                    self._drop_streams(await in_thread(house.read_stages))
            except (JanusError, OperationalError, InterfaceError, TimeoutError, OSError) as error:
                log.warning("not swept: %s", error)
            except Exception:
                log.exception("not swept")

    async def _clear_seats(self) -> None:
        """A peer has its seat before it is one: who is known by now and has none is to be forgotten."""
        known = list(self._peers.all.values())
        now = timezone.now()
        there, _cleared = await in_thread(house.clear_seats, now)
        await in_thread(house.clear_absent, self._missed, now)
        inside = Counter(str(seat.space) for seat in there)
        beyond = await in_thread(house.count_beyond, list(self._open))
        for room in self._open.values():
            room.count_inside(inside[room.space] + beyond.get(room.space, 0))
        tokens = {seat.token for seat in there}
        for peer in known:
            if peer.token not in tokens:
                self._spawn(self._peers.forget(peer))

    async def _sync(self) -> None:
        """Rooms for the Spaces that are open, and no voice that isn't on a stage."""
        async with self._syncing:
            stages = await in_thread(house.read_stages)
            self._drop_streams(stages)
            for space in stages.keys() - self._open.keys():
                await self._guard(self._make(space, stages[space]))
            for space in self._open.keys() - stages.keys():
                await self._guard(self._close(self._open[space]))
            for space, stage in stages.items():
                if space in self._open:
                    await self._guard(self._see_to(self._open[space], stage))

    def _drop_streams(self, stages: Mapping[str, house.Stage]) -> None:
        """Those of which none is composed any more. It takes a while, for which no other Space waits."""
        shown = {space for space, stage in stages.items() if stage.show is not None}
        for space in self._compositions.besides(shown):
            self._spawn(self._compositions.drop(space))

    async def _make(self, space: str, stage: house.Stage) -> None:
        """Whoever is in already, or asked before there was a room, asks anew."""
        room = await self._rooms.make(space, stage.bitrate)
        facts = {"audio": room.audio, "video": room.video, "bitrate": room.bitrate}
        await self._memory.keep_room(space, facts)
        self._observe(room)
        room.tell_soon()
        publish(f"space.room.{space}", {"type": "renegotiate"})
        for seat in stage.seats:
            telling.tell_seat(seat, {"type": "renegotiate"})

    async def _close(self, room: Room) -> None:
        for peer in self._peers.of(room.space):
            self._spawn(self._peers.forget(peer))
        await self._rooms.close(room)
        self._lose(room)
        await self._memory.keep_room(room.space, None)
        space = read_uuid(room.space)
        assert space is not None
        telling.forget_media(space)

    async def _see_to(self, room: Room, stage: house.Stage) -> None:
        room.silenced = set(stage.silenced)
        for peer in self._peers.of(room.space):
            if peer.user not in stage.people and {"speak", "show"} & peer.handles.keys():
                await self._peers.drop(peer, "speak", "show")
        await self._rooms.keep_to(room, stage.people)
        for user in stage.silenced & room.speakers.connected - room.speakers.muted:
            await self._silence(room, user, is_silenced=True)
        if stage.show is not None:
            # A compositor takes a while to start.
            self._spawn(self._compositions.see_to(room, stage.show))

    # Orders

    async def _take_orders(self) -> None:
        while True:
            taken: Any = await self._memory.redis.blpop([orders.LIST], timeout=2)
            order = orders.read(taken[1], time.time()) if taken else None
            if order is not None and self._link.is_ready.is_set():
                self._spawn(self._obey(order))

    async def _obey(self, order: Order) -> None:
        try:
            if order["what"] == "sync":
                await self._sync()
                return
            room = self._open.get(order["space"])
            if room is None:
                return
            if order["what"] == "silence":
                await self._silence(room, order["user"], is_silenced=order["is_silenced"])
            elif order["what"] == "off_stage":
                await self._take_off(room, order["user"])
            else:
                await self._serve(room, order)
        except (JanusError, TimeoutError, OSError) as error:
            log.warning("order %s not done: %s", order["what"], error)
            if "seat" in order:
                told = {"type": "failed", "for": order["what"], "of": order.get("of", 0)}
                telling.tell_seat(order["seat"], told)

    async def _serve(self, room: Room, order: Order) -> None:
        """What a page asked for: one thing after the other for each, but that an answer is awaited by an offer."""
        is_new = order["seat"] not in self._peers.all
        peer = self._peers.get(order["seat"], order["space"], order["user"])
        # It is known before it is asked for, so that a sweep meanwhile finds it.
        if is_new and await in_thread(seating.find, peer.token, time.time()) is None:
            await self._peers.forget(peer)
            return
        if order["what"] == "answer":
            await self._peers.answer(peer, order["to"], order["of"], order["sdp"])
            return
        async with peer.lock:
            if self._peers.has(peer):
                if "of" in order:
                    peer.of[order["what"]] = order["of"]
                await self._doing[order["what"]](peer, room, order)

    async def _speak(self, peer: Peer, room: Room, order: Order) -> None:
        muted = order["muted"] or peer.user in room.silenced
        await self._peers.speak(peer, room, order["sdp"], muted=muted)

    async def _mute(self, peer: Peer, room: Room, order: Order) -> None:
        await self._peers.mute(peer, muted=order["muted"] or peer.user in room.silenced)

    async def _silence(self, room: Room, user: int, *, is_silenced: bool) -> None:
        if not is_silenced:
            # Their own page decides when they are heard again.
            room.silenced.discard(user)
            return
        room.silenced.add(user)
        if user in room.speakers.connected:
            await self._link.ask(room.audio, {"request": "mute", "id": str(user)} | room.powers)

    async def _take_off(self, room: Room, user: int) -> None:
        for peer in self._peers.of(room.space, user):
            await self._peers.drop(peer, "speak", "show")

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _guard(work: Awaitable[None]) -> None:
        try:
            await work
        except (JanusError, TimeoutError, OSError) as error:
            log.warning("not done: %s", error)
        except Exception:
            log.exception("went wrong")
