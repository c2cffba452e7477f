"""As much of Janus as rooms and peers ask of it, on a websocket: what is there, and who is in it under which name."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from spaces.conductor.link import Link

Facts = dict[str, Any]
EXISTS = {"audiobridge": 486, "videoroom": 427, "streaming": 456}
TAKEN = {"audiobridge": 490, "videoroom": 436}
GONE = 428
# As our configuration has it.
LOCKED = ("rtp_forward", "stop_rtp_forward")


class Janus:
    """`refused` are requests that fail, each once; `held` answers no join until it is set.

    `forwarders` are those of each handle's plugin by number, `layers` in which each stream was to be sent: as they were
    asked for. `started` are the handles whose offers were answered.
    """

    def __init__(self) -> None:
        self.handles: dict[int, str] = {}
        self.rooms: dict[tuple[str, str], dict[str, int]] = {}
        self.refused: list[str] = []
        self.forwarders: dict[int, tuple[str, Facts]] = {}
        self.publishers: list[Facts] = []
        self.layers: list[dict[str, int]] = []
        self.started: list[int] = []
        self._numbers = itertools.count(1)
        self.held = asyncio.Event()
        self.held.set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("janus-protocol",))
        await socket.prepare(request)
        async with asyncio.TaskGroup() as group:
            async for frame in socket:
                group.create_task(self._answer(socket, frame.json()))
        return socket

    async def _answer(self, socket: web.WebSocketResponse, message: Facts) -> None:
        what, answer = message["janus"], {"janus": "success", "transaction": message["transaction"]}
        if what == "create":
            answer["data"] = {"id": 1}
        elif what == "attach":
            number = next(self._numbers)
            self.handles[number] = message["plugin"].rpartition(".")[2]
            answer["data"] = {"id": number}
        elif what == "detach":
            self.handles.pop(message["handle_id"], None)
            for names in self.rooms.values():
                for name in [name for name, handle in names.items() if handle == message["handle_id"]]:
                    del names[name]
        elif what == "message":
            if message["body"]["request"] == "join":
                await self.held.wait()
            answer["plugindata"] = {"data": self._do(message["handle_id"], message["body"])}
            answer["jsep"] = {"type": "answer", "sdp": "v=0"}
        await socket.send_json(answer)

    def _do(self, handle: int, body: Facts) -> Facts:
        plugin, request = self.handles.get(handle, ""), body["request"]
        key = plugin, str(body.get("room", body.get("id")))
        if request in self.refused:
            self.refused.remove(request)
            return {"error_code": 499, "error": request}
        if request in LOCKED and body.get("admin_key") is None:
            return {"error_code": 483, "error": "Missing mandatory element (admin_key)"}
        if request == "rtp_forward":
            return self._forward(plugin, body)
        if request == "configure" and "substream" in body.get("streams", [{}])[0]:
            self.layers.append({one["mid"]: one["substream"] for one in body["streams"]})
        if request == "stop_rtp_forward":
            self.forwarders.pop(body["stream_id"], None)
        elif request == "listforwarders":
            return self._list_forwarders(plugin)
        elif request == "create":
            if key in self.rooms:
                return {"error_code": EXISTS[plugin]}
            self.rooms[key] = {}
        elif request == "destroy":
            self.rooms.pop(key, None)
        elif request == "start":
            self.started.append(handle)
        elif request == "join" and "id" in body:
            if body["id"] in self.rooms[key]:
                return {"error_code": TAKEN[plugin]}
            self.rooms[key][body["id"]] = handle
            return {"publishers": self.publishers} if plugin == "videoroom" else {}
        elif request == "kick" and self.rooms[key].pop(body["id"], None) is None:
            return {"error_code": GONE}
        return {"stream": {"ports": [{"port": 5000}]}}

    def _forward(self, plugin: str, body: Facts) -> Facts:
        number = next(self._numbers)
        self.forwarders[number] = plugin, body
        return {"stream_id": number, "forwarders": [{"stream_id": number}]}

    def _list_forwarders(self, plugin: str) -> Facts:
        found = {number: body for number, (of, body) in self.forwarders.items() if of == plugin}
        if plugin == "audiobridge":
            return {"rtp_forwarders": [{"stream_id": number, "ssrc": body["ssrc"]} for number, body in found.items()]}
        return {
            "publishers": [
                {"publisher_id": body["publisher_id"], "forwarders": [{"stream_id": number}]}
                for number, body in found.items()
            ]
        }


def with_janus(act: Callable[[Janus, Link], Awaitable[None]]) -> None:
    """Do something over a link to a Janus of its own."""

    async def run() -> None:
        janus, ready = Janus(), asyncio.Event()

        async def on_session(is_new: bool) -> None:
            ready.set()

        app = web.Application()
        app.router.add_get("/", janus.serve)
        async with TestServer(app) as server:
            link = Link(str(server.make_url("/")).replace("http", "ws"), "", on_session, lambda message: None)
            keeping = asyncio.create_task(link.keep())
            await asyncio.wait_for(ready.wait(), 5)
            try:
                await asyncio.wait_for(act(janus, link), 10)
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(run())
