"""Events of the payments sandbox, on their way to web."""

import asyncio
from pathlib import Path

from aiohttp import web

from deploy.environment import find_free_port
from deploy.payments.events import Events
from deploy.payments.notes import Notes


def test_an_event_names_web_as_web_knows_itself_wherever_it_listens(tmp_path: Path) -> None:
    hosts: asyncio.Queue[str] = asyncio.Queue()

    async def hook(request: web.Request) -> web.Response:
        await hosts.put(request.headers["Host"])
        return web.Response()

    async def deliver() -> str:
        app = web.Application()
        app.router.add_post("/money/hook", hook)
        runner = web.AppRunner(app)
        await runner.setup()
        port = find_free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            notes = Notes(tmp_path / "notes.sqlite3")
            Events(f"http://127.0.0.1:{port}", "/money/hook", "secret", notes).tell("charge.refunded", {})
            return await asyncio.wait_for(hosts.get(), 5)
        finally:
            await runner.cleanup()

    assert asyncio.run(deliver()) == "localhost"
