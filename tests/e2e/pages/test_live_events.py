"""The watch page follows its broadcast over the socket, and by asking while there is none."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, WebSocketRoute, expect

from tests.e2e.encoder import Encoder
from tests.e2e.pages.browsing import Stage, await_frames
from tests.stack import RunningStack

RENAME = """
from accounts.models import User
from streaming.actions import rename_broadcast
from streaming.models import Broadcast
broadcast = Broadcast.objects.on_air().get(channel__name={name!r})
rename_broadcast(broadcast=broadcast, title={title!r}, by=User.objects.get(username="alice"))
"""

Rename = Callable[[str], None]


@pytest.fixture(scope="module")
def live(clip: Path, stages: dict[str, Stage]) -> Iterator[Stage]:
    """A stage that is live throughout this file."""
    stage = stages["followed"]
    encoder = Encoder(f"{stage.ingest_url}/{stage.stream_key}", clip)
    yield stage
    encoder.stop()


@pytest.fixture
def rename(stack: RunningStack, live: Stage) -> Rename:
    """Have Alice give her broadcast another title."""

    def to(title: str) -> None:
        stack.manage("shell", "--verbosity", "0", "--command", RENAME.format(name=live.name, title=title))

    return to


class Line:
    """The way between the page and the server's socket, which a test may cut."""

    def __init__(self, page: Page) -> None:
        self.is_up = True
        self.opened = 0
        self._routes: list[WebSocketRoute] = []
        page.route_web_socket(re.compile(r"/ws/\?"), self._pass_on)

    def _pass_on(self, route: WebSocketRoute) -> None:
        if self.is_up:
            self.opened += 1
            route.connect_to_server()
            self._routes.append(route)
        else:
            route.close()

    def cut(self) -> None:
        self.is_up = False
        for route in self._routes:
            route.close()
        self._routes = []


def count_questions(page: Page) -> list[str]:
    """Every time the page asks for the state from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/state"):
            asked.append(request.url)

    page.on("request", note)
    return asked


def test_a_new_title_and_the_number_of_viewers_come_by_themselves(page: Page, live: Stage, rename: Rename) -> None:
    page.goto(f"/@{live.name}")
    await_frames(page, 15)
    viewers = page.locator("[data-viewers]")
    expect(viewers).to_have_text("Watching now: 1", use_inner_text=False)
    asked = count_questions(page)

    rename("Above the clouds")

    expect(page.get_by_role("heading", name="Above the clouds", level=1)).to_be_visible()
    assert asked == []

    other = page.context.new_page()
    other.goto(f"/@{live.name}")
    expect(viewers).to_have_text("Watching now: 2")
    other.close()
    expect(viewers).to_have_text("Watching now: 1")


def await_silence(page: Page, asked: list[str]) -> None:
    """Wait until the page asks no more: it would each three seconds."""
    deadline = time.monotonic() + 40
    while True:
        asked.clear()
        page.wait_for_timeout(4000)
        if not asked:
            return
        assert time.monotonic() < deadline, "the page still asks"


def test_without_the_socket_the_page_asks_and_with_it_no_more(page: Page, live: Stage, rename: Rename) -> None:
    line = Line(page)
    page.goto(f"/@{live.name}")
    await_frames(page, 15)
    expect(page.locator("[data-viewers]")).to_be_visible()

    line.cut()
    asked = count_questions(page)
    rename("Heard by asking")
    expect(page.get_by_role("heading", name="Heard by asking", level=1)).to_be_visible()
    assert asked

    line.is_up = True
    await_silence(page, asked)
    rename("Heard at once")
    expect(page.get_by_role("heading", name="Heard at once", level=1)).to_be_visible()
    assert asked == []
    assert line.opened == 2


# `spaces/test_faults.py` kills it in the lane.
@pytest.mark.soak
def test_pages_come_back_after_a_restart_of_web(page: Page, live: Stage, rename: Rename, stack: RunningStack) -> None:
    page.goto(f"/@{live.name}")
    await_frames(page, 15)
    page.evaluate("window.isTheSamePage = true")

    stack.kill("web")
    await_frames(page, 30)
    rename("After the restart")

    expect(page.get_by_role("heading", name="After the restart", level=1)).to_be_visible(timeout=30_000)
    expect(page.locator("[data-viewers]")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.isTheSamePage") is True
