"""An instance as it is run for others: an encoder over RTMPS, a browser over HTTPS, the page's socket over TLS, and
recordings in a bucket."""

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from playwright.sync_api import Browser, WebSocket

from config.env import VAR_DIR
from deploy.environment import find_free_port
from deploy.stack import Stack
from tests.e2e.encoder import Encoder
from tests.e2e.pages.browsing import await_frames
from tests.edge.certificates import make_certificate
from tests.run import CARELESS

# An instance beside the lane's own takes more than a minute to come up.
pytestmark = pytest.mark.soak

SENT_S = 8
END = """
from django.utils import timezone
from streaming.actions import end_broadcast
from streaming.models import Broadcast
broadcast = Broadcast.objects.on_air().get(channel__name="kept")
end_broadcast(broadcast=broadcast, now=timezone.now(), reason="ended")
print(broadcast.pk)
"""
LOOK = """
import json
from streaming.recordings.models import Recording
rows = Recording.objects.filter(broadcast__channel__name="kept")
rows.exclude(problem="").update(next_try_at=None)
print(json.dumps([*rows.values("state", "problem", "is_stored", "is_local", "duration_s")]))
"""


@pytest.fixture(scope="module")
def bucket() -> dict[str, str]:
    """Settings of a bucket in a store that isn't there yet."""
    return {
        "S3_BUCKET": f"recordings-{secrets.token_hex(4)}",
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{find_free_port()}",
        "S3_ACCESS_KEY_ID": "key",
        "S3_SECRET_ACCESS_KEY": "secret",
        "S3_REGION": "us-east-1",
    }


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, bucket: dict[str, str]) -> Iterator[Stack]:
    """Another instance, with a certificate that it made itself."""
    cert, key = make_certificate(tmp_path_factory.mktemp("https"))
    ports = {name: str(find_free_port()) for name in ("PORT", "RTMP_PORT", "RTMPS_PORT")}
    settings = {"DEMO": "0", "LADDER": "", "TLS_CERT": str(cert), "TLS_KEY": str(key)} | bucket
    settings["PUBLIC_URL"] = f"https://localhost:{ports['PORT']}"
    stack = Stack(VAR_DIR.with_name("test-in-the-open"), settings | ports, server_flags=CARELESS)
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


def recording_of(secure: Stack) -> dict[str, Any]:
    """What is known of the recording, once there is one; what failed is due again at once."""
    rows = json.loads(secure.manage("shell", "--verbosity", "0", "--command", LOOK).splitlines()[-1])
    found: dict[str, Any] = rows[0] if rows else {}
    return found


def await_recording(secure: Stack, within_s: float, **facts: object) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    while (found := recording_of(secure)).items() & facts.items() != facts.items():
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return found


def test_a_recording_waits_for_its_bucket_and_plays_from_it(
    secure: Stack, bucket: dict[str, str], browser: Browser, clip: Path
) -> None:
    facts: dict[str, Any] = json.loads(secure.manage("channel", "kept", "--json"))
    encoder = Encoder(f"{facts['ingest_url']}/{facts['stream_key']}", clip, options=("-t", str(SENT_S)))
    encoder.wait(within=SENT_S + 15)
    broadcast = secure.manage("shell", "--verbosity", "0", "--command", END).splitlines()[-1]
    waiting = await_recording(secure, 40, state="ready", problem="storage")
    assert abs(waiting["duration_s"] - SENT_S) < 1

    store = ThreadedMotoServer(ip_address="127.0.0.1", port=int(bucket["S3_ENDPOINT_URL"].rpartition(":")[2]))
    store.start()
    context = browser.new_context(ignore_https_errors=True)
    try:
        client = boto3.client(
            "s3",
            endpoint_url=bucket["S3_ENDPOINT_URL"],
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=bucket["S3_BUCKET"])
        await_recording(secure, 40, is_stored=True, is_local=False, problem="")

        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{facts['watch_url']}/{broadcast}")
        await_frames(page, 10)
        assert abs(page.evaluate("document.querySelector('video').duration") - SENT_S) < 1
        media = [url for url in asked if ".mp4" in url]
        assert media
        assert all(url.startswith(bucket["S3_ENDPOINT_URL"]) for url in media)
    finally:
        context.close()
        store.stop()
