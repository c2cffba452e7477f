"""The link to a Janus that falls silent, or ends the session."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from spaces.conductor import link
from spaces.conductor.link import JanusError, Link

Script = Callable[[web.WebSocketResponse, dict[str, Any]], Any]


async def sessions_with(script: Script, wanted: int) -> list[int]:
    """The sessions that a link had with a Janus that creates them, and answers anything else by the script."""
    had: list[int] = []
    enough = asyncio.Event()

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("janus-protocol",))
        await socket.prepare(request)
        async for frame in socket:
            message = frame.json()
            if message["janus"] == "create":
                data = {"id": len(had) + 1}
                await socket.send_json({"janus": "success", "transaction": message["transaction"], "data": data})
            elif message["janus"] == "claim":
                error = {"code": 458, "reason": "No such session"}
                await socket.send_json({"janus": "error", "transaction": message["transaction"], "error": error})
            else:
                await script(socket, message)
        return socket

    async def on_session(is_new: bool) -> None:
        assert one.session is not None
        had.append(one.session)
        if len(had) == wanted:
            enough.set()

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app) as server:
        one = Link(str(server.make_url("/")).replace("http", "ws"), "secret", on_session, lambda message: None)
        keeping = asyncio.create_task(one.keep())
        await asyncio.wait_for(enough.wait(), 5)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    return had


async def say_nothing(socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
    """A keepalive is lost."""


async def time_out(socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
    await socket.send_json({"janus": "ack", "transaction": message["transaction"]})
    await socket.send_json({"janus": "timeout", "session_id": message["session_id"]})


@pytest.mark.parametrize("script", [say_nothing, time_out])
def test_a_session_that_ended_is_made_anew(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "KEEPALIVE_S", 0.02)
    monkeypatch.setattr(link, "ANSWER_S", 0.2)

    assert asyncio.run(sessions_with(script, 2)) == [1, 2]


def test_what_cant_be_sent_is_refused_as_such() -> None:
    async def ask() -> None:
        async def on_session(is_new: bool) -> None:
            """Never had."""

        await Link("ws://127.0.0.1:1", "secret", on_session, lambda message: None).attach("audiobridge", "x")

    with pytest.raises(JanusError):
        asyncio.run(ask())
