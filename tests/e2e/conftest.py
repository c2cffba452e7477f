"""The running stack that `tests/run.py` started, and who uses it: encoders and viewers."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from config.env import VAR_DIR
from tests.e2e.clips import make_clip
from tests.e2e.encoder import Encoder
from tests.e2e.viewer import CHROMIUM_FLAGS, Viewer
from tests.stack import Channel, RunningStack

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
StartEncoder = Callable[..., Encoder]
Watch = Callable[[Channel], Viewer]
Eventually = Callable[..., Any]


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    stack = RunningStack(VAR_DIR)
    yield stack
    stack.close()


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


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Ask until the answer is true; that answer, or a failure after so many seconds."""

    def ask(question: Callable[[], Any], within: float) -> Any:
        deadline = time.monotonic() + within
        while not (answer := question()):
            assert time.monotonic() < deadline, f"still {answer!r} after {within} s"
            time.sleep(0.05)
        return answer

    return ask
