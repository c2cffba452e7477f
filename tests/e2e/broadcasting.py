"""Fixtures for tests that follow a broadcast from its encoder to decoded frames."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.clips import make_clip
from tests.e2e.encoder import Encoder
from tests.e2e.viewer import Viewer
from tests.stack import Channel

StartEncoder = Callable[..., Encoder]
Watch = Callable[[Channel], Viewer]
Eventually = Callable[..., Any]


@pytest.fixture(scope="session")
def plain_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """640x360 at 30 fps, a key frame each two seconds, with sound: encoded once, sent as it is."""
    return make_clip(tmp_path_factory.mktemp("clips") / "plain.flv")


@pytest.fixture
def encoder(plain_clip: Path) -> Iterator[StartEncoder]:
    """Start encoders: `encoder(channel)` sends the plain clip, `encoder(channel, path)` another one."""
    started: list[Encoder] = []

    def start(channel: Channel, source: Path | None = None, **options: Any) -> Encoder:
        started.append(Encoder(channel.publish_url, source or plain_clip, **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def viewer(browser: Browser) -> Iterator[Watch]:
    """Open a channel's page: `viewer(channel)`."""
    opened: list[Viewer] = []

    def watch(channel: Channel) -> Viewer:
        opened.append(Viewer(browser, channel.watch_url))
        return opened[-1]

    yield watch
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Poll a condition until it is true: `eventually(lambda: ..., within=5)`."""

    def poll(condition: Callable[[], Any], within: float, what: str = "not in time") -> Any:
        deadline = time.monotonic() + within
        while not (value := condition()):
            assert time.monotonic() < deadline, what
            time.sleep(0.05)
        return value

    return poll
