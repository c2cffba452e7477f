"""A real daphne for the tests of this directory, and pages that talk to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import websockets.exceptions
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from websockets.sync.client import ClientConnection, connect

from deploy.environment import find_free_port
from deploy.layout import REPO

DEADLINE_S = 8.0


def wait_for(what: str, is_so: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
    """Return as soon as `is_so()` holds; fail the test when it doesn't within the deadline."""
    end = time.monotonic() + deadline_s
    while not is_so():
        assert time.monotonic() < end, f"not within {deadline_s} s: {what}"
        time.sleep(0.01)


class Page:
    """A page's socket."""

    def __init__(self, port: int, path: str = "/ws/", **headers: str) -> None:
        origin = headers.pop("Origin", settings.PUBLIC_URL)
        self._open = ExitStack()
        address = f"ws://127.0.0.1:{port}{path}"
        opening: Any = connect(address, origin=origin or None, additional_headers=headers, proxy=None)  # type: ignore[arg-type]
        self.connection: ClientConnection = self._open.enter_context(opening)
        self.frames: list[list[dict[str, Any]]] = []
        self._unread: list[dict[str, Any]] = []
        self._last_id = 0

    def send(self, command: str, **payload: Any) -> int:
        """Send a command; answers its number."""
        self._last_id += 1
        self.connection.send(json.dumps({"id": self._last_id, "command": command, "payload": payload}))
        return self._last_id

    def ask(self, command: str, **payload: Any) -> dict[str, Any]:
        """Send a command and wait for its reply. Events that come before it stay to be read."""
        number = self.send(command, **payload)
        return self.read(lambda event: event["type"] == "reply" and event["id"] == number)

    def follow(self, topic: str) -> dict[str, Any]:
        return self.ask("subscribe", topic=topic)

    def read(self, wanted: str | Callable[[dict[str, Any]], bool], within_s: float = DEADLINE_S) -> dict[str, Any]:
        """The next event of this type, or that `wanted` holds for; earlier ones of other types are passed over."""
        holds = (lambda event: event["type"] == wanted) if isinstance(wanted, str) else wanted
        deadline = time.monotonic() + within_s
        while True:
            for index, event in enumerate(self._unread):
                if holds(event):
                    return self._unread.pop(index)
            self._receive(deadline - time.monotonic())

    def _receive(self, within_s: float) -> None:
        try:
            text = self.connection.recv(timeout=max(0.0, within_s))
        except TimeoutError:
            raise AssertionError(f"nothing like that came; unread: {self._unread}") from None
        self.frames.append(json.loads(text))
        self._unread += self.frames[-1]

    def await_close(self, within_s: float = DEADLINE_S) -> int:
        """Read until the server hangs up; its code. The test fails when it doesn't."""
        deadline = time.monotonic() + within_s
        try:
            while True:
                self._receive(deadline - time.monotonic())
        except websockets.exceptions.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    def close(self) -> None:
        self._open.close()


def log_in(user: Any) -> str:
    """A new session of the user's, as a Cookie header."""
    client = Client()
    client.force_login(get_user_model()._default_manager.get(pk=user.pk))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def run_in_thread(application: Any) -> int:
    """Daphne in a thread of this process, until it ends; its port."""
    from daphne.server import Server

    port, ready = find_free_port(), threading.Event()
    server = Server(
        application,
        endpoints=[f"tcp:port={port}:interface=127.0.0.1"],
        signal_handlers=False,
        ready_callable=ready.set,
        proxy_forwarded_address_header="X-Forwarded-For",
    )
    threading.Thread(target=server.run, name="daphne", daemon=True).start()
    assert ready.wait(10)
    return port


class OwnWeb:
    """Daphne as a process that a test may kill, on the test's database."""

    def __init__(self, database: str, log: Path, **environment: str) -> None:
        self.port = find_free_port()
        self.log = log
        command = [sys.executable, "-m", "daphne", "--proxy-headers", "--access-log", "/dev/null"]
        command += ["-b", "127.0.0.1", "-p", str(self.port), "config.asgi:application"]
        variables = os.environ | {"DB_NAME": database, "REDIS_URL": settings.ENV.redis_url} | environment
        with log.open("ab") as output:
            self.process = subprocess.Popen(command, cwd=REPO, env=variables, stdout=output, stderr=output)

    def page(self, **headers: str) -> Page:
        """A page, as soon as daphne answers."""
        deadline = time.monotonic() + 40
        while True:
            try:
                return Page(self.port, **headers)
            except OSError:
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
