"""A browser, encoders and channels for the tests of the pages. `stack` is the running house (tests/conftest.py)."""

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from deploy.stack import Stack

PASSWORD = "correct horse battery staple"
_CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PREPARE = """
import json
from accounts.actions import open_channel
from accounts.models import User
alice, _ = User.objects.get_or_create(username="alice")
bob, _ = User.objects.get_or_create(username="bob")
for user in (alice, bob):
    user.set_password({password!r})
    user.save()
made = {{}}
for role in {roles!r}:
    channel = open_channel(name=f"{{role}}-{suffix}", owner=alice, title=f"All about {{role}}")
    made[role] = [channel.name, channel.title, channel.stream_key]
print(json.dumps(made))
"""
ROLES = ("watched", "interrupted", "awaited", "dark", "run")


@dataclass(frozen=True)
class Stage:
    """A channel and what an encoder needs to go live on it."""

    name: str
    title: str
    stream_key: str
    ingest_url: str


class Encoder:
    """An ffmpeg that sends a clip over and over, as it is."""

    def __init__(self, clip: Path, url: str) -> None:
        command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(clip)]
        command += ["-c", "copy", "-f", "flv", url]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """Vanish, as an encoder does whose network is gone."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def await_end(self, within_s: float) -> None:
        self._process.wait(within_s)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of test card and tone, a key frame every two seconds."""
    path = tmp_path_factory.mktemp("clip") / "clip.flv"
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30", "-f", "lavfi", "-i", "sine=f=440:r=48000"]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-b:v", "1M", "-pix_fmt", "yuv420p"]
    rest = ["-g", "60", "-sc_threshold", "0", "-c:a", "aac", "-ac", "2", "-t", "8", "-f", "flv", str(path)]
    subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", *inputs, *video, *rest], check=True)
    return path


@pytest.fixture(scope="session")
def base_url(stack: Stack) -> str:
    return f"http://localhost:{stack.values['PORT']}"


@pytest.fixture(scope="session")
def stages(stack: Stack) -> dict[str, Stage]:
    """Alice's channels, one for each thing that happens to one. The last is the one her studio opens with."""
    # A name that sorts first, as the studio opens with an owner's first channel.
    suffix = secrets.token_hex(4)
    script = _PREPARE.format(password=PASSWORD, roles=ROLES, suffix=suffix)
    made = json.loads(stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1])
    ingest_url = f"rtmp://127.0.0.1:{stack.values['RTMP_PORT']}/live"
    return {role: Stage(*facts, ingest_url) for role, facts in made.items()}


@pytest.fixture
def publish(clip: Path) -> Iterator[Callable[..., Encoder]]:
    """Go live on a stage; whoever still sends at the end of the test is stopped."""
    encoders: list[Encoder] = []

    def start(stage: Stage, key: str = "") -> Encoder:
        encoders.append(Encoder(clip, f"{stage.ingest_url}/{key or stage.stream_key}"))
        return encoders[-1]

    yield start
    for encoder in encoders:
        encoder.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, base_url: str) -> Iterator[BrowserContext]:
    permissions = ["clipboard-read", "clipboard-write"]
    context = browser.new_context(base_url=base_url, viewport={"width": 1280, "height": 800}, permissions=permissions)
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose scripts must neither throw nor do what the content security policy forbids."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: "Security Policy" in message.text and complaints.append(message.text))
    yield page
    assert complaints == []


def log_in(page: Page, username: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/studio/**")


def stats(page: Page) -> dict[str, Any]:
    facts: dict[str, Any] = page.evaluate("document.querySelector('live-player').stats")
    return facts


def await_stats(page: Page, holds: Callable[[dict[str, Any]], bool], within_s: float = 20.0) -> dict[str, Any]:
    """Wait until the player's figures are as wanted; what they were is in the failure."""
    deadline = time.monotonic() + within_s
    while True:
        facts = stats(page)
        if holds(facts):
            return facts
        assert time.monotonic() < deadline, facts
        time.sleep(0.05)


def await_frames(page: Page, count: int = 30, within_s: float = 20.0) -> dict[str, Any]:
    """Wait until this many more frames were decoded. A new start of the player counts from nought."""
    seen, last = 0, stats(page)["totalFrames"]
    deadline = time.monotonic() + within_s
    while seen < count:
        now = stats(page)["totalFrames"]
        seen, last = seen + (now - last if now >= last else now), now
        assert time.monotonic() < deadline, stats(page)
        time.sleep(0.05)
    return stats(page)
