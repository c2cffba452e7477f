from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.e2e.encoder import Encoder
from tests.e2e.pages.browsing import Publish, Stage, await_frames, await_stats, await_truth, stats
from tests.stack import RunningStack

EXPIRED = """
from datetime import timedelta
from django.utils import timezone
from streaming.models import Broadcast
from streaming.playback import path_until
broadcast = Broadcast.objects.on_air().get(channel__name={name!r})
print(path_until(broadcast, timezone.now() - timedelta(seconds=1)))
"""

# A key goes five seconds back.
_HAS_BEFORE = """(() => {
  const { seekable, currentTime } = document.querySelector("live-player video");
  return seekable.length > 0 && currentTime - seekable.start(0) > 7;
})()"""

_MEDIA_ASKED_FOR = """performance.getEntriesByType("resource")
  .map(({ name, initiatorType }) => [name.replace(/[?].*/, "").split("/").at(-1), initiatorType])
  .filter(([name]) => name.endsWith(".mp4") || name.endsWith(".m4s"))"""


@pytest.fixture(scope="module")
def live(clip: Path, stages: dict[str, Stage]) -> Iterator[Stage]:
    """A stage that is live throughout this file."""
    stage = stages["watched"]
    encoder = Encoder(f"{stage.ingest_url}/{stage.stream_key}", clip)
    yield stage
    encoder.stop()


@pytest.fixture
def watching(page: Page, live: Stage) -> Page:
    # Whatever looks into the page counts as a gesture, after which it may start with sound.
    with page.expect_response(lambda response: ".m4s" in response.url):
        page.goto(f"/@{live.name}")
    await_frames(page, 15)
    return page


def test_a_live_channel_plays_muted_close_behind(watching: Page, live: Stage) -> None:
    facts = await_stats(watching, lambda s: s["latency"] is not None and s["latency"] < 2.5)

    assert facts["state"] == "playing"
    assert facts["firstFrameMs"] is not None
    expect(watching.get_by_role("heading", name=live.title, level=1)).to_be_visible()
    expect(watching.locator("broadcast-info").get_by_text("Live", exact=True)).to_be_visible()
    watching.get_by_role("button", name="Tap to unmute").click()
    assert watching.evaluate("document.querySelector('video').muted") is False
    expect(watching.get_by_role("button", name="Tap to unmute")).to_be_hidden()


def test_what_playing_begins_with_is_fetched_before_it_is_asked_for(watching: Page) -> None:
    asked: list[tuple[str, str]] = watching.evaluate(_MEDIA_ASKED_FOR)
    beforehand = {name for name, by in asked if by == "fetch"}
    by_hls = {name for name, by in asked if by == "xmlhttprequest"}

    assert any(name.endswith(".mp4") for name in beforehand)
    assert any(name.endswith(".m4s") for name in beforehand)
    assert not beforehand & by_hls


@pytest.mark.parametrize("lost", ["master.m3u8", "media.m3u8", ".mp4", ".m4s"])
def test_a_stream_plays_also_when_nothing_was_fetched_beforehand(page: Page, live: Stage, lost: str) -> None:
    aborted: list[str] = []

    def pass_on(route: Route) -> None:
        if route.request.resource_type == "xhr":
            route.continue_()
        else:
            aborted.append(route.request.url)
            route.abort()

    page.route(lambda url: "/live/" in url and lost in url, pass_on)
    page.goto(f"/@{live.name}")

    await_frames(page, 15)
    assert aborted


def test_keys_work_the_player(watching: Page) -> None:
    expect(watching.locator("media-play-button")).to_be_visible()
    watching.keyboard.press("Space")
    await_stats(watching, lambda s: s["state"] == "paused")
    watching.keyboard.press("k")
    await_stats(watching, lambda s: s["state"] == "playing")

    watching.keyboard.press("m")
    assert watching.evaluate("document.querySelector('video').muted") is False
    watching.keyboard.press("s")
    expect(watching.locator("player-stats")).to_be_visible()
    expect(watching.locator("[data-stat=rendition]")).to_contain_text("360p")
    watching.keyboard.press("?")
    expect(watching.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    watching.keyboard.press("Escape")
    expect(watching.get_by_role("dialog")).to_be_hidden()

    # A stream that has only just begun has nothing to go back to.
    await_truth(watching, _HAS_BEFORE)
    live = stats(watching)["latency"]
    watching.keyboard.press("ArrowLeft")
    await_stats(watching, lambda s: s["latency"] > live + 2)
    watching.keyboard.press("l")
    await_stats(watching, lambda s: s["latency"] < live + 1.5)
    await_frames(watching, 15)


def test_the_menu_leads_to_sound_alone_and_back(watching: Page) -> None:
    menu = watching.get_by_role("button", name="Quality and more")
    menu.focus()
    watching.keyboard.press("Enter")
    watching.keyboard.press("End")
    watching.keyboard.press("ArrowUp")
    watching.keyboard.press("ArrowUp")
    expect(watching.get_by_role("menuitemradio", name="Audio only")).to_be_focused()
    watching.keyboard.press("Enter")
    expect(menu).to_be_focused()
    await_stats(watching, lambda s: s["rendition"] == "audio" and s["width"] == 0 and s["bufferLength"] > 0.3)

    menu.click()
    watching.get_by_role("menuitemradio", name="Auto").click()
    await_frames(watching, 15)
    assert stats(watching)["rendition"] == "360p"


def test_an_expired_token_is_renewed_while_playing(watching: Page, live: Stage, stack: RunningStack) -> None:
    url = stack.manage("shell", "--verbosity", "0", "--command", EXPIRED.format(name=live.name))
    refused: list[str] = []

    def note(response: Response) -> None:
        if response.status == 410:
            refused.append(response.url)

    watching.on("response", note)
    watching.evaluate("url => document.querySelector('live-player').playback.open(url)", url.strip())

    await_stats(watching, lambda _: bool(refused))

    assert await_frames(watching, 30)["state"] == "playing"


def test_an_interruption_is_told_and_the_stream_goes_on_by_itself(
    page: Page, stages: dict[str, Stage], publish: Publish
) -> None:
    stage = stages["interrupted"]
    encoder = publish(stage)
    page.goto(f"/@{stage.name}")
    await_frames(page, 15, within_s=30)
    page.evaluate("window.isTheSamePage = true")

    encoder.stop()
    expect(page.get_by_text("The stream was interrupted")).to_be_visible()
    expect(page.locator("broadcast-info").get_by_text("Interrupted", exact=True)).to_be_visible()
    # The outage outlasts what was buffered.
    await_stats(page, lambda s: s["bufferLength"] < 0.2)

    publish(stage)
    await_frames(page, 30)
    expect(page.get_by_text("The stream was interrupted")).to_be_hidden()
    assert page.evaluate("window.isTheSamePage") is True


def test_a_dark_channel_starts_by_itself(page: Page, stages: dict[str, Stage], publish: Publish) -> None:
    stage = stages["awaited"]
    page.goto(f"/@{stage.name}")
    expect(page.get_by_text(f"{stage.name} is off the air")).to_be_visible()

    publish(stage)

    await_frames(page, 15, within_s=30)
    expect(page.get_by_text(f"{stage.name} is off the air")).to_be_hidden()


def test_home_shows_who_is_live_and_who_is_not(page: Page, live: Stage, stages: dict[str, Stage]) -> None:
    page.goto("/")
    card = page.locator(".card").filter(has_text=live.title)
    expect(card.locator(".badge--live")).to_be_visible()
    dark = page.get_by_role("region", name="Off the air")
    expect(dark.get_by_role("link").first).to_be_visible()
    expect(dark.get_by_role("link", name=live.name)).to_have_count(0)
    expect(page.locator(".card").filter(has_text=stages["dark"].title)).to_have_count(0)

    card.get_by_role("link").click()

    await_frames(page, 15)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_pages_fit_a_small_screen(page: Page, live: Stage, stages: dict[str, Stage], scheme: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("/", f"/@{live.name}", f"/@{stages['dark'].name}", "/accounts/login/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path


def test_what_is_not_there_says_so(page: Page) -> None:
    response = page.goto("/@nobody-is-called-so")

    assert response is not None
    assert response.status == 404
