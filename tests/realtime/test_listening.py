"""The connection to Redis on which a process hears, while it comes up."""

import asyncio
import contextlib
from typing import Any

from realtime import broker
from realtime.listening import Listener

DEADLINE_S = 8


class Told:
    """What whoever listens is told."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.is_found, self.is_subscribed = asyncio.Event(), asyncio.Event()

    def wanted(self) -> list[str]:
        return self.topics

    def on_message(self, name: str, data: bytes) -> None: ...

    def on_subscribed(self, topic: str) -> None:
        self.is_subscribed.set()

    def on_found(self) -> None:
        self.is_found.set()

    def on_lost(self) -> None: ...


def slow_client(began: asyncio.Event) -> Any:
    """A client whose connections take a while, and say when the first one is asked for."""
    client: Any = broker.make_async_client()
    connect = client.connection_pool.get_connection

    async def connect_slowly(*options: Any) -> Any:
        began.set()
        await asyncio.sleep(0.1)
        return await connect(*options)

    client.connection_pool.get_connection = connect_slowly
    return client


async def follow_while_it_connects() -> bool:
    """Whether both were confirmed: what is followed meanwhile, and what is heard always."""
    began, told = asyncio.Event(), Told()
    listener = Listener(slow_client(began), told, silence_s=DEADLINE_S)
    running = asyncio.create_task(listener.run())

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE_S):
            await began.wait()
            told.topics.append("broadcast.1")
            await listener.subscribe("broadcast.1")
            await told.is_subscribed.wait()
            await told.is_found.wait()
    running.cancel()
    return told.is_subscribed.is_set() and told.is_found.is_set()


def test_what_is_followed_while_it_connects_is_heard() -> None:
    assert asyncio.run(follow_while_it_connects())
