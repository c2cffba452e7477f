"""What one web process does for all its sockets: hear what is published, count, see that sessions are still good."""

import asyncio
import atexit
import contextlib
import json
import logging
import random
import resource
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError

from realtime import broker, presence, topics
from realtime.census import Census
from realtime.errors import CommandRefused, NotAllowed
from realtime.publishing import encode_event
from realtime.rooms import Room
from realtime.threads import in_thread
from realtime.visitors import STRANGER, Visitor, find_gone, load_user

if TYPE_CHECKING:
    from realtime.publishing import Event
    from realtime.sockets import Socket

log = logging.getLogger(__name__)

BEAT_S = 2.0
# Each hub hears its own beat: three missed mean that nothing else comes either.
SILENCE_S = 3 * BEAT_S
_SUBSCRIBED_WITHIN_S = 3.0
_SHARED_S = 1.0
_AWAY = (redis.RedisError, OSError)

MAX_FILES = 65536

# Close codes, as lib/socket.js knows them.
GONE, CROWDED, ABUSIVE, RESTARTING = 4001, 4008, 4009, 4012


class Away(CommandRefused):
    """The page asks again when it is told to resync."""

    code = "away"


class Hub:
    """One a process, on daphne's event loop."""

    def __init__(self) -> None:
        _allow_many_files()
        self.sockets: set[Socket] = set()
        self.is_listening = False
        self._redis = broker.make_async_client()
        self._census = Census(self._redis)
        self._rooms: dict[str, Room] = {}
        self._pubsub: redis.asyncio.client.PubSub | None = None
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]
        self._rechecks: set[asyncio.Task[None]] = set()
        atexit.register(self._forget)

    # Sockets

    async def admit(self, socket: "Socket") -> bool:
        """Count a socket in, unless its account or address has too many already."""
        for name, bound in self._owners(socket):
            socket.owners.append(name)
            here = self._census.add(name)
            try:
                total = here if here > bound else await self._census.total(name)
            except _AWAY:
                total = here
            if total > bound:
                self.part(socket)
                return False
        self.sockets.add(socket)
        return True

    @staticmethod
    def _owners(socket: "Socket") -> Iterator[tuple[str, int]]:
        if socket.visitor.user_id is not None:
            yield f"account:{socket.visitor.user_id}", settings.ENV.sockets_per_account
        yield f"address:{socket.address}", settings.ENV.sockets_per_address

    def part(self, socket: "Socket") -> None:
        """Forget a socket that is gone."""
        self.sockets.discard(socket)
        for topic in list(socket.topics):
            self.leave(topic, socket)
        for name in socket.owners:
            self._census.remove(name)
        socket.owners = []

    # Topics

    async def join(self, topic: str, socket: "Socket") -> list[bytes]:
        """Have a socket follow a topic; answers the events it begins with. Raises NotAllowed or Away.

        What is published from now on is held until `release`, so that no event falls between it and the snapshot.
        """
        room = self._rooms.get(topic) or await self._open_room(topic)
        room.hold(socket)
        if topic not in socket.topics:
            socket.topics.add(topic)
            if topics.counts_followers(topic):
                self._census.add(presence.name_of(topic))
        try:
            await _until(room.is_subscribed)
            snapshot = await self._ask(room, socket.visitor)
        except BaseException:
            self.leave(topic, socket)
            raise
        begin = [encode_event(topic, snapshot)] if snapshot is not None else []
        if room.told is not None:
            begin.append(_presence(topic, room.told))
        return begin

    def release(self, topic: str, socket: "Socket") -> None:
        if room := self._rooms.get(topic):
            room.release(socket)

    def leave(self, topic: str, socket: "Socket") -> None:
        if topic not in socket.topics:
            return
        socket.topics.discard(topic)
        if topics.counts_followers(topic):
            self._census.remove(presence.name_of(topic))
        if room := self._rooms.get(topic):
            room.followers.pop(socket, None)

    async def _open_room(self, topic: str) -> Room:
        room = self._rooms[topic] = Room(topic)
        if self._pubsub is not None:
            with contextlib.suppress(*_AWAY):
                await self._pubsub.subscribe(broker.channel_of(topic))
        return room

    async def _ask(self, room: Room, visitor: Visitor) -> "Event | None":
        """The snapshot for a visitor who may follow. Strangers are all the same: who comes within a second shares."""
        if visitor != STRANGER:
            return await in_thread(_open, visitor, room.topic)
        if room.answer is None or time.monotonic() - room.answered_at > _SHARED_S:
            room.answer = asyncio.create_task(in_thread(_open_for_strangers, room.topic))
            room.answered_at = time.monotonic()
        answer: Any = await asyncio.shield(room.answer)
        if isinstance(answer, NotAllowed):
            raise NotAllowed
        snapshot: Event | None = answer
        return snapshot

    # Redis

    async def _listen(self) -> None:
        """Hear what is published, for ever; whoever follows is told when that stops and when it goes on."""
        pause = 0.1
        while True:
            try:
                await self._follow()
            except _AWAY as error:
                log.warning("hub hears nothing: %s", error)
                pause = 0.1 if self.is_listening else min(pause * 2, 2.0)
                self._lose()
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311

    async def _follow(self) -> None:
        async with self._redis.pubsub() as pubsub:
            self._pubsub = pubsub
            known = [broker.channel_of(topic) for topic in self._rooms]
            # Confirmed in order: when the last one is, all are.
            await pubsub.subscribe(*known, broker.channel_of(broker.CONTROL))
            while True:
                message = await pubsub.get_message(timeout=SILENCE_S)
                if message is None:
                    raise redis.TimeoutError("Redis is silent")
                self._take(message["type"], broker.name_of(message["channel"]), message["data"])

    def _take(self, kind: str, name: str, data: Any) -> None:
        room = self._rooms.get(name)
        if kind == "message" and name == broker.CONTROL:
            self._obey(json.loads(data))
        elif kind == "message" and room:
            room.deliver(data)
        elif kind == "subscribe" and room:
            room.is_subscribed.set()
        elif kind == "subscribe" and name == broker.CONTROL:
            if not self.is_listening:
                self._tell_all(b'{"type":"resync"}')
            self.is_listening = True

    def _lose(self) -> None:
        if self.is_listening:
            self._tell_all(b'{"type":"away"}')
        self.is_listening, self._pubsub = False, None
        for room in self._rooms.values():
            room.is_subscribed.clear()

    def _tell_all(self, event: bytes) -> None:
        for socket in self.sockets:
            socket.tell(event)

    def _obey(self, order: Mapping[str, Any]) -> None:
        if "close" in order:
            for socket in [one for one in self.sockets if one.visitor.user_id == order["close"]]:
                socket.close(GONE)
        elif (room := self._rooms.get(order.get("recheck", ""))) is not None:
            task = asyncio.create_task(self._recheck(room))
            self._rechecks.add(task)
            task.add_done_callback(self._rechecks.discard)

    async def _recheck(self, room: Room) -> None:
        room.answer = None
        for follower in list(room.followers):
            socket: Any = follower
            try:
                await self._ask(room, socket.visitor)
            except NotAllowed:
                self.leave(room.topic, socket)
                socket.tell(json.dumps({"topic": room.topic, "type": "closed"}).encode())
            except DatabaseError as error:
                log.warning("not asked who may follow %s: %s", room.topic, error)

    # Every two seconds

    async def _beat(self) -> None:
        while True:
            for duty in (self._count, self._say_beat, self._part_from_gone, self._sweep):
                try:
                    await duty()
                except (*_AWAY, DatabaseError, InterfaceError) as error:
                    log.warning("hub could not do %s: %s", duty.__name__, error)
            await asyncio.sleep(BEAT_S)

    async def _count(self) -> None:
        """Tell other processes our figures, and followers how many they are when that has changed."""
        counted = {presence.name_of(one): room for one, room in self._rooms.items() if topics.counts_followers(one)}
        totals = await self._census.tell(name for name, room in counted.items() if room.followers)
        for name, total in totals.items():
            room = counted.get(name)
            if room and room.followers and room.told != total:
                room.told = total
                room.deliver(_presence(room.topic, total))

    async def _say_beat(self) -> None:
        await self._redis.publish(broker.channel_of(broker.CONTROL), b"{}")

    async def _part_from_gone(self) -> None:
        """Close the sockets of sessions that are over, whether or not anybody said so."""
        visitors = [socket.visitor for socket in self.sockets if socket.visitor != STRANGER]
        gone = await in_thread(find_gone, visitors) if visitors else set()
        for socket in [one for one in self.sockets if one.visitor in gone]:
            socket.close(GONE)

    async def _sweep(self) -> None:
        for topic, room in list(self._rooms.items()):
            if not room.followers:
                del self._rooms[topic]
                if self._pubsub is not None:
                    await self._pubsub.unsubscribe(broker.channel_of(topic))

    def _forget(self) -> None:
        with contextlib.suppress(*_AWAY):
            self._census.forget()


def _allow_many_files() -> None:
    """Each socket is a file, and a process starts with leave for a thousand on most machines."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(MAX_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _until(event: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(event.wait(), _SUBSCRIBED_WITHIN_S)
    except TimeoutError:
        raise Away from None


def _presence(topic: str, count: int) -> bytes:
    return encode_event(topic, {"type": "presence", "count": count})


def _open(visitor: Visitor, topic: str) -> "Event | None":
    return topics.open_topic(load_user(visitor), topic)


def _open_for_strangers(topic: str) -> "Event | NotAllowed | None":
    """The snapshot or the refusal, as a value that many can wait for."""
    try:
        return _open(STRANGER, topic)
    except NotAllowed as refusal:
        return refusal


_hub: Hub | None = None


def hub() -> Hub:
    """This process's hub, made on the event loop that first asks."""
    global _hub  # noqa: PLW0603
    if _hub is None:
        _hub = Hub()
    return _hub
