"""From page to page without a load: what plays goes on, and what is shown is what a load would have shown."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from tests.e2e.encoder import Encoder
from tests.e2e.pages.browsing import Stage, await_frames, log_in
from tests.stack import RunningStack

_MARK = "(video) => { video.dataset.same = 'yes'; window.neverReloaded = true; }"
# Who else is live isn't the page's doing.
_LAYOUT = """() => {
  document.querySelector("[aria-labelledby='also-live']")?.remove();
  const shown = document.querySelectorAll('main *:not(live-player *), header *, footer *');
  return [...shown].map((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const { color, fontSize, display } = getComputedStyle(element);
    const [left, top, wide, high] = [x, y + scrollY, width, height].map(Math.round);
    return [element.localName, element.className, left, top, wide, high, color, fontSize, display].join(' ');
  });
}"""


@pytest.fixture(scope="module")
def live(clip: Path, stages: dict[str, Stage]) -> Iterator[Stage]:
    """A stage that is live throughout this file."""
    stage = stages["browsed"]
    encoder = Encoder(f"{stage.ingest_url}/{stage.stream_key}", clip)
    yield stage
    encoder.stop()


# Encoders of tests before have gone, and their broadcasts wait for them.
_END_ALL = """
from django.utils import timezone
from streaming.actions import end_broadcast
from streaming.models import Broadcast
for broadcast in Broadcast.objects.on_air():
    end_broadcast(broadcast=broadcast, now=timezone.now(), reason="ended")
"""


def watch(page: Page, stage: Stage) -> Locator:
    """Open the page with the stage live on it; the video in it, marked."""
    page.goto(f"/@{stage.name}")
    await_frames(page)
    video = page.locator("live-player video[slot=media]")
    video.evaluate(_MARK)
    return video


def turbo_is_there(page: Page) -> None:
    page.wait_for_function("() => window.Turbo")


def go(page: Page, address: str) -> None:
    """As a click on a link does."""
    turbo_is_there(page)
    page.evaluate("(address) => Turbo.visit(address)", address)
    page.wait_for_function("(path) => location.pathname + location.search === path", arg=address)
    page.wait_for_function("() => !document.documentElement.ariaBusy")


def test_a_page_that_was_clicked_to_looks_like_one_that_was_loaded(
    page: Page, stages: dict[str, Stage], stack: RunningStack
) -> None:
    # The first of this file: nobody is live yet, and nothing on the pages counts.
    stack.manage("shell", "--verbosity", "0", "--command", _END_ALL)
    log_in(page, "alice")
    paths = (
        f"/@{stages['dark'].name}",
        "/categories",
        "/settings/",
        "/studio/",
        f"/studio/{stages['dark'].name}/",
        "/search?q=dark",
    )
    loaded = {}
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        loaded[path] = page.evaluate(_LAYOUT)
    page.goto("/")

    for path in paths:
        go(page, path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(_LAYOUT) == loaded[path], path


def test_what_plays_goes_on_while_browsing_and_is_back_in_its_place(page: Page, live: Stage) -> None:
    sockets = []

    def note(socket: WebSocket) -> None:
        sockets.append(socket)

    page.on("websocket", note)
    watch(page, live)
    turbo_is_there(page)

    page.get_by_role("link", name="Estrade").first.click()
    expect(page.get_by_role("heading", name="Live now")).to_be_visible()
    mini = page.get_by_role("complementary", name="Still playing")
    expect(mini.locator("video[data-same]")).to_be_in_viewport()
    await_frames(page)
    page.get_by_role("searchbox").fill("nothing of that name")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("search"))
    await_frames(page)
    page.keyboard.press("k")
    await_frames(page)
    mini.get_by_role("link", name=live.title).click()

    expect(page.locator("main live-player video[data-same]")).to_be_in_viewport()
    expect(mini).to_have_count(0)
    assert page.locator("live-player").count() == 1
    await_frames(page)
    assert page.evaluate("() => window.neverReloaded === true")
    assert len(sockets) == 1


def test_the_mini_player_is_closed_and_nothing_plays(page: Page, live: Stage) -> None:
    watch(page, live)
    go(page, "/")

    page.get_by_role("button", name="Stop playing").click()

    expect(page.locator("video")).to_have_count(0)
    page.go_back()
    expect(page.locator("main live-player")).to_have_count(1)
    await_frames(page)


def test_a_paused_player_stays_behind(page: Page, live: Stage) -> None:
    watch(page, live)
    page.keyboard.press("k")
    expect(page.locator("live-player")).to_have_attribute("data-view", "paused")

    go(page, "/")

    expect(page.locator("video")).to_have_count(0)


def test_another_channels_page_takes_over(page: Page, live: Stage, stages: dict[str, Stage]) -> None:
    watch(page, live)
    go(page, "/")
    expect(page.locator(".mini-player video[slot=media]")).to_have_count(1)

    go(page, f"/@{stages['dark'].name}")

    expect(page.locator(".mini-player")).to_have_count(0)
    expect(page.locator("video[slot=media]")).to_have_count(1)


def test_a_missing_page_says_so(page: Page) -> None:
    page.goto("/")
    turbo_is_there(page)

    with page.expect_response(lambda response: response.status == 404 and response.request.is_navigation_request()):
        page.evaluate("() => Turbo.visit('/@nobody-of-that-name')")

    expect(page.locator("h1")).to_be_visible()
