"""The process `payments`: localstripe, and the front before it, which alone listens on a port.

    python -m deploy.payments --listen 127.0.0.1:8420 --web unix:/run/web.sock --state DIRECTORY --socket PATH

Keys and the webhook's secret come from the environment or var/env.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from deploy.environment import Values, read_values
from deploy.payments.backend import Backend
from deploy.payments.events import Events
from deploy.payments.front import Front
from deploy.payments.notes import Notes
from deploy.start import die_with_parent

HOOK = "/money/hook"
READY_WITHIN_S = 60.0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True, help="address:port of the front")
    parser.add_argument("--web", required=True, help="unix:/path or address of web, which is told of events")
    parser.add_argument("--state", type=Path, required=True, help="where both keep what they know")
    parser.add_argument("--socket", type=Path, required=True, help="between the two")
    return parser.parse_args()


def settings() -> Values:
    kept = read_values(Path(os.environ.get("ESTRADE_VAR", "var")) / "env")
    return kept | dict(os.environ)


def start_localstripe(options: argparse.Namespace, secret: str) -> subprocess.Popen[bytes]:
    """Start it, and wait until it listens."""
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    options.socket.unlink(missing_ok=True)
    port = options.listen.rpartition(":")[2]
    arguments = [options.socket, options.state / "localstripe.pickle", f"http://127.0.0.1:{port}/delivered", secret]
    command = [sys.executable, "-m", "deploy.payments.localstripe_server", *map(str, arguments)]
    process = subprocess.Popen(command)
    deadline = time.monotonic() + READY_WITHIN_S
    while not options.socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("localstripe doesn't start.")
        time.sleep(0.05)
    return process


async def make_app(
    options: argparse.Namespace, values: Values, localstripe: subprocess.Popen[bytes]
) -> web.Application:
    """The front as an application that ends when localstripe does."""
    secret_key, secret = values["STRIPE_SECRET_KEY"], values["STRIPE_WEBHOOK_SECRETS"].partition(",")[0]
    notes = Notes(options.state / "front.sqlite3")
    backend = Backend(str(options.socket), secret_key)
    events = Events(options.web, HOOK, secret, notes)
    front = Front(backend, notes, events, secret_key, values["STRIPE_PUBLISHABLE_KEY"])

    def end_with_localstripe() -> None:
        if localstripe.poll() is not None:
            os.kill(os.getpid(), signal.SIGTERM)

    async def watch(_: web.Application) -> AsyncIterator[None]:
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, end_with_localstripe)
        yield
        await backend.close()
        notes.close()

    app = web.Application()
    app.add_routes(front.routes())
    app.cleanup_ctx.append(watch)
    return app


def main() -> None:
    options, values = parse(), settings()
    localstripe = start_localstripe(options, values["STRIPE_WEBHOOK_SECRETS"].partition(",")[0])
    host, _, port = options.listen.rpartition(":")
    try:
        web.run_app(
            make_app(options, values, localstripe),
            host=host,
            port=int(port),
            access_log=None,
            print=None,
            shutdown_timeout=2,
        )
    finally:
        localstripe.terminate()
        localstripe.wait(10)


if __name__ == "__main__":
    die_with_parent(signal.SIGTERM)
    main()
