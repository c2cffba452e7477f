"""The websocket to Janus and its one session: requests with their answers, and events.

A lost socket is opened anew and the session claimed; a Janus that was started anew has no session of ours any more.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

log = logging.getLogger(__name__)

Message = dict[str, Any]
KEEPALIVE_S = 20.0
ANSWER_S = 5.0
_FIRST_RETRY_S, _LAST_RETRY_S = 0.2, 2.0


class JanusError(Exception):
    """What Janus or one of its plugins refused."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(f"{code} {text}")


class LinkLost(JanusError):
    """There is no connection, or no session any more: it says nothing of what was asked."""

    def __init__(self, text: str) -> None:
        super().__init__(0, text)


class Link:
    """One session of Janus's. `on_session(is_new)` is awaited whenever there is one, before anything else is asked."""

    def __init__(
        self,
        url: str,
        secret: str,
        on_session: Callable[[bool], Awaitable[None]],
        on_event: Callable[[Message], None],
    ) -> None:
        self.url, self._secret = url, secret
        self._on_session, self._on_event = on_session, on_event
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._answers: dict[str, tuple[bool, asyncio.Future[Message]]] = {}
        self.session: int | None = None
        self.is_ready = asyncio.Event()

    async def keep(self) -> None:
        """Be connected for as long as this runs."""
        pause = _FIRST_RETRY_S
        async with aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.ws_connect(self.url, protocols=("janus-protocol",), heartbeat=10) as socket:
                        pause = _FIRST_RETRY_S
                        await self._talk(socket)
                except (OSError, aiohttp.ClientError, JanusError, TimeoutError) as error:
                    log.info("Janus can't be reached: %s", error or type(error).__name__)
                except Exception:
                    log.exception("the link to Janus went wrong")
                self._hang_up()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LAST_RETRY_S)

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Until the socket is closed. Raises what went wrong, be it in reading, in beginning or in staying."""
        self._socket = socket
        work = [asyncio.create_task(one) for one in (self._read(socket), self._greet(), self._stay())]
        try:
            waiting = set(work)
            while work[0] in waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _greet(self) -> None:
        await self._on_session(await self._begin())
        self.is_ready.set()

    def _hang_up(self) -> None:
        self._socket = None
        self.is_ready.clear()
        answers, self._answers = self._answers, {}
        for _takes_ack, answer in answers.values():
            if not answer.done():
                answer.set_exception(LinkLost("the connection was lost"))

    async def _begin(self) -> bool:
        """Claim the session that there was, or make one; whether it is new."""
        if self.session is not None:
            try:
                await self._ask({"janus": "claim"})
                return False
            except JanusError as error:
                log.info("The session is gone: %s", error)
                self.session = None
        created = await self._ask({"janus": "create"})
        self.session = int(created["data"]["id"])
        return True

    async def _stay(self) -> None:
        """A session that says nothing for a minute is ended."""
        while True:
            await asyncio.sleep(KEEPALIVE_S)
            await self._ask({"janus": "keepalive"}, takes_ack=True)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type != aiohttp.WSMsgType.TEXT:
                continue
            message: Message = frame.json()
            if message["janus"] == "timeout" and message.get("session_id") == self.session:
                raise LinkLost("the session timed out")
            takes_ack, answer = self._answers.get(message.get("transaction", ""), (False, None))
            if answer is None:
                self._on_event(message)
            elif (message["janus"] != "ack" or takes_ack) and not answer.done():
                answer.set_result(message)

    async def _ask(self, message: Message, *, takes_ack: bool = False) -> Message:
        transaction = secrets.token_hex(8)
        session = {} if self.session is None else {"session_id": self.session}
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[transaction] = takes_ack, answer
        try:
            await self._send(message | session | {"transaction": transaction, "apisecret": self._secret})
            reply = await asyncio.wait_for(answer, ANSWER_S)
        finally:
            self._answers.pop(transaction, None)
        if reply["janus"] == "error":
            raise JanusError(reply["error"]["code"], reply["error"]["reason"])
        return reply

    async def _send(self, message: Message) -> None:
        if self._socket is None:
            raise LinkLost("not connected")
        try:
            await self._socket.send_json(message)
        except (OSError, aiohttp.ClientError) as error:
            raise LinkLost(f"not sent: {error}") from error

    async def attach(self, plugin: str, name: str) -> int:
        """A handle on a plugin."""
        reply = await self._ask({"janus": "attach", "plugin": f"janus.plugin.{plugin}", "opaque_id": name})
        return int(reply["data"]["id"])

    async def detach(self, handle: int) -> None:
        """Let a handle go; one that is gone already is no error."""
        try:
            await self._ask({"janus": "detach", "handle_id": handle})
        except JanusError as error:
            log.debug("handle %s not detached: %s", handle, error)

    async def ask(self, handle: int, body: Message, sdp: tuple[str, str] | None = None) -> Message:
        """A plugin's answer: its data, with `jsep` when one came along. `sdp` is its type and text.

        Raises JanusError for what the plugin refused.
        """
        jsep = {"jsep": {"type": sdp[0], "sdp": sdp[1]}} if sdp else {}
        reply = await self._ask({"janus": "message", "handle_id": handle, "body": body} | jsep)
        data: Message = reply["plugindata"]["data"]
        if "error_code" in data:
            raise JanusError(data["error_code"], data.get("error", ""))
        return data | ({"jsep": reply["jsep"]} if "jsep" in reply else {})
