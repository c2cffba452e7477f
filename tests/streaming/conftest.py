"""Ingest for streaming's tests: a small HTTP server that answers as nginx-rtmp does, on a unix socket."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from streaming import hooks, live_store
from streaming.models import IngestSession

STAT = """<?xml version="1.0" encoding="utf-8" ?>
<rtmp><server><application><name>live</name><live>{streams}</live></application></server></rtmp>"""
STREAM = """<stream><name>{name}</name><bw_in>{bitrate}</bw_in><bytes_in>{bytes_in}</bytes_in>
{publisher}{readers}
<meta><video><width>{width}</width><height>{height}</height><frame_rate>{rate}</frame_rate><codec>{codec}</codec></video>
<audio><codec>AAC</codec><sample_rate>48000</sample_rate></audio></meta></stream>"""
PICTURE = {"bitrate": 2_500_000, "bytes_in": 1000, "width": 1280, "height": 720, "rate": 30, "codec": "H264 High 3.1"}
PRESENT = {"published": True, "readers": 1}


class FakeIngest(socketserver.ThreadingUnixStreamServer):
    """What is connected, as a test says; what was dropped, for it to see."""

    def __init__(self, path: Path) -> None:
        self.streams: dict[str, dict[str, object]] = {}
        self.dropped: list[str] = []
        super().__init__(str(path), _Handler)

    def publish(self, session: IngestSession, **facts: object) -> None:
        self.streams[session.name] = PICTURE | PRESENT | facts

    def stat(self) -> str:
        return STAT.format(streams="".join(self._stream(name, facts) for name, facts in self.streams.items()))

    @staticmethod
    def _stream(name: str, facts: dict[str, object]) -> str:
        publisher = "<client><id>1</id><publishing/></client>" if facts["published"] else ""
        readers = "<client><id>2</id></client>" * int(str(facts["readers"]))
        return STREAM.format(name=name, publisher=publisher, **facts | {"readers": readers})

    def drop(self, name: str) -> None:
        self.dropped.append(name)
        self.streams.pop(name, None)


class _Handler(BaseHTTPRequestHandler):
    server: FakeIngest

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = b""
        if parts.path == "/stat":
            body = self.server.stat().encode()
        else:
            self.server.drop(parse_qs(parts.query)["name"][0])
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass

    def address_string(self) -> str:
        return "unix"


@pytest.fixture
def ingest(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIngest]:
    """An ingest that this test controls, in place of nginx-rtmp (which the end-to-end tests use)."""
    path = tmp_path_factory.mktemp("i") / "s"
    server = FakeIngest(path)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"ingest_control": f"unix:{path}"}))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_packager(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is none here: don't wait long for its readers."""
    monkeypatch.setattr(hooks, "READERS_WAIT_S", 0.02)


@pytest.fixture(autouse=True)
def _empty_redis() -> Iterator[None]:
    live_store.client().flushdb()
    yield
    live_store.client().flushdb()


@pytest.fixture(autouse=True)
def _plain_static_names(settings: Any) -> None:
    """Pages are rendered without collected static files."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


def is_asked_to_stop(session: IngestSession) -> bool:
    """Whether the session's packager is to look again; asking makes it forget."""
    stops, _ = live_store.look_after([session.name], [], {})
    return stops == [True]


SetEnv = Callable[..., None]


@pytest.fixture
def set_env(monkeypatch: pytest.MonkeyPatch) -> SetEnv:
    """Change settings of the environment for one test."""

    def change(**values: object) -> None:
        monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update=values))

    return change
