"""RTMPS: TLS ends at the edge, and ingest still knows from where the encoder comes."""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from deploy.render import render_to

from .certificates import make_certificate
from .running import Edge, free_port, make_edge, wait_for


class Hooks(http.server.ThreadingHTTPServer):
    """What stands where web would: it lets everybody in, and remembers who came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HookHandler)
        self.calls: list[dict[str, str]] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def of(self, call: str) -> list[dict[str, str]]:
        return [one for one in self.calls if one["call"] == call]


class HookHandler(http.server.BaseHTTPRequestHandler):
    """Answers 200."""

    server: Hooks

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.calls.append({name: values[0] for name, values in parse_qs(body).items()})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@dataclass
class House:
    """An edge with a certificate and an ingest behind it."""

    edge: Edge
    hooks: Hooks
    rtmp_port: int = field(default_factory=free_port)
    rtmps_port: int = field(default_factory=free_port)
    behind_port: int = field(default_factory=free_port)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        directory = self.edge.directory
        cert, key = make_certificate(directory)
        self.edge.https = {
            "TLS_CERT": str(cert),
            "TLS_KEY": str(key),
            "PUBLIC_URL": f"https://localhost:{self.edge.port}",
        }
        # IPv6 as well: an address that nothing else on this machine comes from.
        listen = [f"127.0.0.1:{self.rtmps_port}", f"[::1]:{self.rtmps_port}"]
        self.edge.more = {"rtmps_listen": listen, "ingest_behind_edge": f"127.0.0.1:{self.behind_port}"}
        self._start_ingest(directory)
        self.edge.start_nginx()

    def _start_ingest(self, directory: Path) -> None:
        (directory / "boot.conf").write_text("set $estrade_boot 0;\n")
        context = {
            "user_directive": "user root;" if os.geteuid() == 0 else "",
            "run_dir": directory,
            "var_dir": directory,
            "rtmp_listen": [f"127.0.0.1:{self.rtmp_port}"],
            "rtmp_behind_edge": f"127.0.0.1:{self.behind_port}",
            "packager_addresses": ["127.0.0.1"],
            "relay_port": free_port(),
            "relay_path": "relay",
            "boot_file": directory / "boot.conf",
            "web_upstream": f"127.0.0.1:{self.hooks.server_port}",
            "web_host": "localhost",
            "control_listen": f"unix:{directory}/ingest.sock",
        }
        conf = directory / "ingest.conf"
        render_to(conf, "ingest/nginx.conf", context)
        command = ["nginx", "-e", "stderr", "-p", str(directory), "-c", str(conf)]
        self.started.append(subprocess.Popen(command, stderr=(directory / "ingest.log").open("wb")))
        wait_for("ingest listens", (directory / "ingest.sock").exists)

    def publish(self, url: str) -> None:
        """Send a test picture until the house is left."""
        picture = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10"]
        encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-f", "flv"]
        command = ["ffmpeg", "-v", "error", "-re", *picture, *encode, url]
        self.started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))

    def play(self, url: str) -> int:
        """How many bytes a player gets within two seconds' worth of media."""
        command = [
            "ffmpeg",
            "-v",
            "quiet",
            "-rw_timeout",
            "2000000",
            "-analyzeduration",
            "500000",
            "-i",
            url,
            "-t",
            "1",
            "-c",
            "copy",
            "-f",
            "flv",
            "-",
        ]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=20)
        return len(done.stdout)

    def stop(self) -> None:
        for process in reversed(self.started):
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.edge.stop()
        self.hooks.shutdown()
        self.hooks.server_close()


@pytest.fixture
def house() -> Iterator[House]:
    house = House(make_edge(), Hooks())
    try:
        house.start()
        yield house
    finally:
        house.stop()


def test_ingest_knows_from_where_an_encoder_comes(house: House) -> None:
    house.publish(f"rtmps://[::1]:{house.rtmps_port}/live/key")

    wait_for("ingest asks for the encoder", lambda: house.hooks.of("publish"), 10)
    assert house.hooks.of("publish")[0]["addr"] == "::1"
    assert house.play(f"rtmp://127.0.0.1:{house.rtmp_port}/live/key") > 1000


def test_nobody_plays_by_way_of_the_edge(house: House) -> None:
    house.publish(f"rtmp://127.0.0.1:{house.rtmp_port}/live/key")
    wait_for("ingest asks for the encoder", lambda: house.hooks.of("publish"), 10)

    assert house.play(f"rtmps://[::1]:{house.rtmps_port}/live/key") == 0
    assert house.play(f"rtmp://127.0.0.1:{house.rtmp_port}/live/key") > 1000
