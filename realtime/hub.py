"""What one web process does for all its sockets: hear what is published, count, see that sessions are still good."""

import asyncio
import atexit
import contextlib
import json
import logging
import resource
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError

from realtime import broker, presence, topics
from realtime.attendance import Attendance
from realtime.census import Census
from realtime.errors import CommandRefused, NotAllowed
from realtime.listening import AWAY, Listener
from realtime.numbering import Numbering
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
        self._is_lost = True
        self._redis = broker.make_async_client()
        self._listener = Listener(self._redis, self, SILENCE_S)
        self._census = Census(self._redis)
        self._attendance = Attendance(self._redis, self._census.process)
        self._rooms: dict[str, Room] = {}
        self._tasks = [asyncio.create_task(self._listener.run()), asyncio.create_task(self._beat())]
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
            except AWAY:
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
        room = self._rooms.get(topic)
        is_new = room is None
        room = room or self._rooms.setdefault(topic, _make_room(topic))
        # Before anything is waited for: an empty room is swept.
        room.hold(socket)
        if topic not in socket.topics:
            socket.topics.append(room.topic)
            if topics.counts_followers(topic):
                self._census.add(presence.name_of(topic))
            if topics.knows_followers(topic) and socket.visitor.user_id is not None:
                self._attendance.add(topic, socket.visitor.user_id)
        try:
            if is_new:
                await self._listener.subscribe(topic)
            await _until(room.is_subscribed)
            await room.know_latest()
            snapshot = await self._ask(room, socket.visitor)
        except BaseException:
            self.leave(topic, socket)
            raise
        begin = [encode_event(topic, snapshot)] if snapshot is not None else []
        if room.told:
            begin.append(_presence(topic, room.told))
        return begin

    def release(self, topic: str, socket: "Socket") -> None:
        if room := self._rooms.get(topic):
            room.release(socket)

    def leave(self, topic: str, socket: "Socket") -> None:
        if topic not in socket.topics:
            return
        socket.topics.remove(topic)
        if topics.counts_followers(topic):
            self._census.remove(presence.name_of(topic))
        if topics.knows_followers(topic) and socket.visitor.user_id is not None:
            self._attendance.remove(topic, socket.visitor.user_id)
        if room := self._rooms.get(topic):
            room.followers.pop(socket, None)

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

    # What Redis says

    def wanted(self) -> list[str]:
        return list(self._rooms)

    def on_message(self, name: str, data: bytes) -> None:
        if name == broker.CONTROL:
            self._obey(json.loads(data))
        elif room := self._rooms.get(name):
            room.take(data)

    def on_subscribed(self, topic: str) -> None:
        if room := self._rooms.get(topic):
            room.is_subscribed.set()

    def on_found(self) -> None:
        for room in self._rooms.values():
            room.catch_up()
        self._tell_all(b'{"type":"resync"}')
        self._is_lost = False

    def on_lost(self) -> None:
        for room in self._rooms.values():
            room.is_subscribed.clear()
        if not self._is_lost:
            self._is_lost = True
            self._tell_all(b'{"type":"away"}')

    def _tell_all(self, event: bytes) -> None:
        for socket in list(self.sockets):
            socket.tell(event)

    def _obey(self, order: Mapping[str, Any]) -> None:
        if "close" in order:
            for socket in [one for one in self.sockets if one.visitor.user_id == order["close"]]:
                socket.close(GONE)
        elif (room := self._rooms.get(order.get("recheck", ""))) is not None:
            task = asyncio.create_task(self._recheck(room, order.get("user")))
            self._rechecks.add(task)
            task.add_done_callback(self._rechecks.discard)

    async def _recheck(self, room: Room, user_id: int | None) -> None:
        room.answer = None
        followers: list[Any] = list(room.followers)
        asked = [one for one in followers if user_id is None or one.visitor.user_id == user_id]
        visitors = {one.visitor for one in asked}
        try:
            refused = await self._refused(room, visitors)
        except DatabaseError as error:
            log.warning("not asked who may follow %s: %s", room.topic, error)
            return
        for socket in asked:
            if socket.visitor in refused and room.topic in socket.topics:
                self.leave(room.topic, socket)
                socket.tell(json.dumps({"topic": room.topic, "type": "closed"}).encode())

    async def _refused(self, room: Room, visitors: set[Visitor]) -> set[Visitor]:
        """Those who may not follow any more; in one go where the topic knows how."""
        refused: set[Visitor] = set()
        if topics.knows_among(room.topic):
            users = {one.user_id for one in visitors if one.user_id is not None}
            kept = await in_thread(topics.among, room.topic, users) if users else set()
            refused = {one for one in visitors if one.user_id is not None and one.user_id not in kept}
            visitors = visitors & {STRANGER}
        for visitor in visitors:
            try:
                await self._ask(room, visitor)
            except NotAllowed:
                refused.add(visitor)
        return refused

    # Every two seconds

    async def _beat(self) -> None:
        while True:
            for duty in (self._count, self._attendance.tell, self._say_beat, self._part_from_gone, self._sweep):
                try:
                    await duty()
                except (*AWAY, DatabaseError, InterfaceError) as error:
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
                await self._listener.unsubscribe(topic)

    def _forget(self) -> None:
        with contextlib.suppress(*AWAY):
            self._census.forget()


def _make_room(topic: str) -> Room:
    if not topics.is_numbered(topic):
        return Room(topic)
    numbering = Numbering(
        latest=lambda: in_thread(topics.latest, topic), missed=lambda after: in_thread(_encode_missed, topic, after)
    )
    return Room(topic, numbering)


def _encode_missed(topic: str, after: int) -> list[bytes]:
    return [encode_event(topic, event) for event in topics.missed(topic, after)]


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
