"""The running stack that `tests/run.py` started, and who uses it: encoders and viewers."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from config.env import BASE_DIR, VAR_DIR
from deploy.environment import read_values
from tests.e2e.clips import make_clip
from tests.e2e.encoder import Encoder
from tests.e2e.viewer import CHROMIUM_FLAGS, Viewer

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@dataclass(frozen=True)
class Channel:
    """What `manage.py channel --json` says of a channel."""

    channel: str
    ingest_url: str
    stream_key: str
    watch_url: str
    playlist_url: str


class RunningStack:
    """The stack under test, from the outside: its addresses and its `manage.py`."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.values = read_values(var / "env")
        self.url = f"http://localhost:{self.values['PORT']}"

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
        environment = {name: value for name, value in os.environ.items() if name not in self.values}
        done = subprocess.run(
            command, cwd=BASE_DIR, env=environment | {"ESTRADE_VAR": str(self.var)}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def channel(self, name: str = "", *arguments: str) -> Channel:
        """A channel of this name, or a new one."""
        name = name or f"test-{secrets.token_hex(4)}"
        return Channel(**json.loads(self.manage("channel", name, "--json", *arguments)))

    def state(self, channel: Channel) -> dict[str, Any] | None:
        """The broadcast that the channel shows, as pages read it."""
        answer = httpx.get(f"{self.url}/api/channels/{channel.channel}/state", timeout=10)
        broadcast: dict[str, Any] | None = answer.raise_for_status().json()["broadcast"]
        return broadcast


@pytest.fixture(scope="session")
def stack() -> RunningStack:
    return RunningStack(VAR_DIR)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.flv")


@pytest.fixture
def encoder(clip: Path) -> Iterator[Callable[..., Encoder]]:
    """Start encoders; whichever still runs at the end of the test is cut."""
    encoders: list[Encoder] = []

    def start(channel: Channel, source: Path = clip, **options: Any) -> Encoder:
        encoders.append(Encoder(f"{channel.ingest_url}/{channel.stream_key}", source, **options))
        return encoders[-1]

    yield start
    for one in encoders:
        one.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def viewer(browser: Browser) -> Iterator[Callable[[Channel], Viewer]]:
    """Open watch pages; they are closed at the end of the test."""
    viewers: list[Viewer] = []

    def watch(channel: Channel) -> Viewer:
        viewers.append(Viewer(browser, channel.watch_url))
        return viewers[-1]

    yield watch
    for one in viewers:
        one.close()


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Ask until the answer is true; that answer, or a failure after so many seconds."""

    def ask(question: Callable[[], Any], within: float) -> Any:
        deadline = time.monotonic() + within
        while not (answer := question()):
            assert time.monotonic() < deadline, f"still {answer!r} after {within} s"
            time.sleep(0.05)
        return answer

    return ask
