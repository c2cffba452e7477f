"""A real edge: nginx with the rendered configuration, and Redis, on a free port in a directory of its own."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis

from deploy.configuration import https_context
from deploy.layout import REPO
from deploy.render import render_to

from .upstream import Web

SIGNING_SECRET, OLDER_SECRET = "signs-new-links", "still-accepted"
DEADLINE_S = 5.0


def wait_for(what: str, is_so: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
    """Return as soon as `is_so()` holds; fail the test when it doesn't within the deadline."""
    end = time.monotonic() + deadline_s
    while not is_so():
        if time.monotonic() > end:
            pytest.fail(f"not within {deadline_s} s: {what}")
        time.sleep(0.005)


def kid_of(secret: str) -> str:
    """The name under which the edge knows a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


def _command_line(pid: str) -> bytes:
    """A process's title; nothing when it has just gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@dataclass
class Reply:
    """An answer of the edge, and how long it took."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    took_s: float

    @property
    def text(self) -> str:
        """The body, unpacked if need be."""
        plain = gzip.decompress(self.body) if self.headers["Content-Encoding"] == "gzip" else self.body
        return plain.decode()


@dataclass
class Edge:
    """A running edge with its Redis, its web and its directories."""

    directory: Path
    port: int
    https: dict[str, str] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)
    nginx: subprocess.Popen[bytes] | None = None
    redis_server: subprocess.Popen[bytes] | None = None
    web: Web | None = None
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(64))

    @property
    def redis_socket(self) -> Path:
        return self.directory / "redis.sock"

    @property
    def log(self) -> str:
        return (self.directory / "edge.log").read_text()

    def render(self) -> Path:
        """Write the configuration as the launcher does."""
        root = os.geteuid() == 0
        context: dict[str, object] = {
            "listen": [f"127.0.0.1:{self.port}"],
            "run_dir": self.directory,
            "var_dir": self.directory,
            "media_dir": self.directory / "media",
            "static_root": self.directory / "static",
            "uploads_dir": self.directory / "uploads",
            "deploy_dir": REPO / "deploy",
            "lua_dir": REPO / "deploy" / "edge" / "lua",
            "web_upstream": f"unix:{self.directory / 'web.sock'}",
            "redis_socket": self.redis_socket,
            "playback_keys": [{"kid": kid_of(secret), "secret": secret} for secret in (SIGNING_SECRET, OLDER_SECRET)],
            "user_directive": "user root;" if root else "",
            "debug": True,
        }
        context |= https_context({"HOST": "127.0.0.1", "PUBLIC_URL": f"http://localhost:{self.port}"} | self.https)
        context |= self.more
        conf = self.directory / "edge.conf"
        render_to(conf, "edge/nginx.conf", context)
        return conf

    def start_redis(self) -> None:
        """Start Redis, with what an earlier one saved."""
        self.redis_server = subprocess.Popen(
            [
                "redis-server",
                "--port",
                "0",
                "--unixsocket",
                self.redis_socket,
                "--save",
                "",
                "--dir",
                self.directory,
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_for("Redis answers", self._redis_answers)

    def _redis_answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except redis.ConnectionError:
            return False

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.redis_socket))

    def kill_redis(self) -> None:
        """End Redis as a crash would: nothing is saved."""
        assert self.redis_server
        self.redis_server.kill()
        self.redis_server.wait()

    def start_nginx(self) -> None:
        """Start the edge and wait until each of its workers has read the positions (if there is a Redis)."""
        with (self.directory / "edge.log").open("ab") as log:
            self.nginx = subprocess.Popen(
                ["nginx", "-e", "stderr", "-p", self.directory, "-c", self.render()],
                stderr=log,
                start_new_session=True,
            )
        wait_for("the edge listens", self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def workers(self) -> list[int]:
        """The process ids of nginx's workers."""
        assert self.nginx
        children = Path(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"worker process\0" in _command_line(pid)]

    def follows(self) -> int:
        """How many workers follow the positions now, as Redis sees it."""
        answer: list[tuple[bytes, int]] = self.redis.pubsub_numsub("hls")  # type: ignore[assignment]
        return answer[0][1]

    def wait_until_following(self) -> None:
        """Wait until every worker that isn't on its way out follows the positions."""
        wait_for("all workers follow", lambda: self.follows() >= len(self.workers()) > 0)

    def get(self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> Reply:
        """Ask the edge on a connection of its own."""
        return self._send(path, method, headers)()

    def ask(self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> Future[Reply]:
        """Ask the edge; the answer is read in the background."""
        return self.pool.submit(self._send(path, method, headers))

    def _send(self, path: str, method: str, headers: dict[str, str] | None) -> Callable[[], Reply]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        began = time.monotonic()
        connection.request(method, path, headers=headers or {})

        def read() -> Reply:
            with contextlib.closing(connection):
                response = connection.getresponse()
                return Reply(response.status, response.headers, response.read(), time.monotonic() - began)

        return read

    def hold(self, path: str, count: int = 1, **more: Any) -> list[Future[Reply]]:
        """Ask for something that must wait, and return when each request has reached the edge."""
        asked = [self.ask(path, **more) for _ in range(count)]
        for _ in range(10):
            self.get("/ingest/")
        assert not any(future.done() for future in asked), asked[0].result()
        return asked

    def stop(self) -> None:
        """Leave nothing behind."""
        if self.nginx:
            os.killpg(self.nginx.pid, signal.SIGKILL)
            self.nginx.wait()
        if self.redis_server:
            self.kill_redis()
        if self.web:
            self.web.shutdown()
            self.web.server_close()
        self.pool.shutdown(wait=False, cancel_futures=True)
        shutil.rmtree(self.directory)


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_edge() -> Edge:
    """Directories and a port, nothing running yet."""
    directory = Path(tempfile.mkdtemp(prefix="estrade-edge-"))
    (directory / "static").mkdir()
    (directory / "media" / "live").mkdir(parents=True)
    return Edge(directory, free_port())
