"""A house for bench/edge.py: the real edge and Redis, and bare nginx beside them on the same files."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from deploy.stack import Stack

BARE = """
daemon off; worker_processes auto; pid "{directory}/bare.pid"; error_log stderr warn; {user}
events {{ worker_connections 8192; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_timeout 75s; keepalive_requests 100000;
  client_body_temp_path "{directory}/body"; proxy_temp_path "{directory}/unused";
  fastcgi_temp_path "{directory}/unused"; uwsgi_temp_path "{directory}/unused";
  scgi_temp_path "{directory}/unused";
  open_file_cache max=4096 inactive=5s; open_file_cache_valid 2s;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ root "{root}"; }} }}
}}
"""


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class House:
    """A running edge, bare nginx beside it on the same files, and one broadcast's directory."""

    edge_port: int
    bare_port: int
    edge_pid: int
    bare_pid: int
    media: Path
    redis_socket: str
    secret: str
    media_path: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def directory(self) -> Path:
        return self.media / "live" / self.media_path / "source"

    @property
    def bare(self) -> str:
        """The address below which bare nginx has the same files."""
        return f"/live/{self.media_path}/source"

    @property
    def signed(self) -> str:
        """The address below which the edge has this rendition."""
        expires = int(time.time()) + 3600
        digest = hashlib.md5(f"{expires}:{self.media_path}:{self.secret}".encode()).digest()
        signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        kid = hashlib.sha256(self.secret.encode()).hexdigest()[:8]
        return f"/live/{expires}-{kid}-{signature}/{self.media_path}/source"


def wait_for_port(port: int) -> None:
    """Return when somebody listens; raises TimeoutError after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise TimeoutError(f"nobody listens on {port}")


@contextlib.contextmanager
def bare_nginx(directory: Path, root: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """nginx that sends files and does nothing else."""
    user = "user root;" if os.geteuid() == 0 else ""
    conf = directory / "bare.conf"
    conf.write_text(BARE.format(directory=directory, root=root, port=port, user=user))
    nginx = subprocess.Popen(["nginx", "-e", "stderr", "-p", directory, "-c", conf])
    try:
        wait_for_port(port)
        yield nginx
    finally:
        nginx.terminate()
        nginx.wait()


@contextlib.contextmanager
def running_house() -> Iterator[House]:
    """The real edge and Redis from the process table, in a directory of their own."""
    directory = Path(tempfile.mkdtemp(prefix="estrade-bench-"))
    # Where the databases' user may not enter, the run directory is made elsewhere, and would be left behind.
    directory.chmod(0o711)
    if not settings.configured:
        settings.configure(USE_I18N=False)
    edge_port, bare_port = free_port(), free_port()
    stack = Stack(directory / "var", {"PORT": str(edge_port), "DEMO": "0"}, names=("redis", "edge"))
    try:
        stack.prepare()
        stack.start()
        wait_for_port(edge_port)
        values, layout = stack.values, stack.layout
        with bare_nginx(directory, layout.media, bare_port) as bare:
            edge_pid = int((layout.run / "edge.pid").read_text())
            secret = values["PLAYBACK_SECRETS"].split(",")[0]
            socket_path = str(layout.run / "redis.sock")
            yield House(edge_port, bare_port, edge_pid, bare.pid, layout.media, socket_path, secret)
    finally:
        stack.stop()
        shutil.rmtree(directory)
