"""With a certificate of one's own: an encoder over RTMPS, a browser over HTTPS, the page's socket over TLS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, WebSocket

from config.env import VAR_DIR
from deploy.environment import find_free_port
from deploy.stack import Stack
from tests.e2e.encoder import Encoder
from tests.e2e.pages.browsing import await_frames
from tests.edge.certificates import make_certificate

CARELESS = ("--fsync=off", "--synchronous_commit=off", "--full_page_writes=off")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Another instance, with a certificate that it made itself."""
    cert, key = make_certificate(tmp_path_factory.mktemp("https"))
    ports = {name: str(find_free_port()) for name in ("PORT", "RTMP_PORT", "RTMPS_PORT")}
    settings = {"DEMO": "0", "LADDER": "", "TLS_CERT": str(cert), "TLS_KEY": str(key)}
    settings["PUBLIC_URL"] = f"https://localhost:{ports['PORT']}"
    stack = Stack(VAR_DIR.with_name("test-https"), settings | ports, server_flags=CARELESS)
    try:
        stack.prepare()
        stack.start()
        stack.wait_ready()
        yield stack
    finally:
        stack.stop()


def test_a_broadcast_over_tls_from_the_encoder_to_the_page(secure: Stack, browser: Browser, clip: Path) -> None:
    facts: dict[str, Any] = json.loads(secure.manage("channel", "secure", "--json"))
    assert facts["ingest_url"] == f"rtmps://localhost:{secure.values['RTMPS_PORT']}/live"
    encoder = Encoder(f"{facts['ingest_url']}/{facts['stream_key']}", clip)
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    complaints: list[str] = []
    heard: list[str] = []

    def on_socket(socket: WebSocket) -> None:
        socket.on("framereceived", lambda _: heard.append(socket.url))

    page.on("websocket", on_socket)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    try:
        page.goto(facts["watch_url"])
        await_frames(page, within_s=40)
        page.wait_for_function("() => document.querySelector('live-player').dataset.view === 'playing'")
        assert facts["watch_url"].startswith("https://")
        assert {url.split(":")[0] for url in heard} == {"wss"}
        page.goto(facts["watch_url"].replace("/@secure", "/accounts/login/"))
        assert all(cookie["secure"] for cookie in context.cookies())
        assert context.cookies()
        assert complaints == []
    finally:
        encoder.stop()
        context.close()
