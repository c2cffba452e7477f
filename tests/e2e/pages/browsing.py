"""What the tests of the pages do with them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.encoder import Encoder

expect.set_options(timeout=15_000)

PASSWORD = "correct horse battery staple"

Publish = Callable[..., Encoder]


@dataclass(frozen=True)
class Stage:
    """A channel and what an encoder needs to go live on it."""

    name: str
    title: str
    stream_key: str
    ingest_url: str


def log_in(page: Page, username: str) -> None:
    page.goto("/accounts/login/?next=/studio/")
    page.get_by_label("User name or e-mail").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/studio/**")


def stats(page: Page) -> dict[str, Any]:
    """The player's figures; the element is waited for."""
    facts: dict[str, Any] = page.locator("live-player, replay-player").evaluate(
        "async (player) => { await customElements.whenDefined(player.localName); return player.stats; }"
    )
    return facts


def await_stats(page: Page, holds: Callable[[dict[str, Any]], bool], within_s: float = 20.0) -> dict[str, Any]:
    """Wait until the player's figures are as wanted; what they were is in the failure."""
    deadline = time.monotonic() + within_s
    while not holds(facts := stats(page)):
        assert time.monotonic() < deadline, facts
        page.wait_for_timeout(50)
    return facts


# What the player goes by, for the message of a test that saw no picture.
_WHY = """async () => {
  const player = document.querySelector("live-player");
  const { broadcastState } = await import("lib/broadcast-state");
  const { socket } = await import("lib/socket");
  const state = player && broadcastState(player.getAttribute("state-url"));
  const ad = player?.querySelector("ad-break");
  return {
    current: state?.current, isReachable: state?.reachable, isHeard: socket.isOpen, isOpen: player?.playback.isOpen,
    adHolds: ad?.holds, adCovers: ad?.covers, levels: player?.playback.hls?.levels?.length,
    isPaused: player?.video.paused, readyState: player?.video.readyState, isHidden: document.hidden,
    fetched: performance.getEntriesByType("resource").filter(({ name }) => name.includes("/live/")).slice(-8)
      .map(({ name, responseStatus, duration }) => [name.slice(-50), responseStatus, Math.round(duration)]),
  };
}"""


def await_frames(page: Page, count: int = 30, within_s: float = 20.0) -> dict[str, Any]:
    """Wait until this many more frames were decoded. A new start of the player counts from nought."""
    seen, last = 0, int(stats(page)["totalFrames"])
    deadline = time.monotonic() + within_s
    while seen < count:
        page.wait_for_timeout(50)
        facts = stats(page)
        now = int(facts["totalFrames"])
        seen, last = seen + (now - last if now >= last else now), now
        assert time.monotonic() < deadline, (facts, page.evaluate(_WHY))
    return facts


def await_truth(page: Page, expression: str, within_s: float = 15) -> None:
    """Wait until it is so in the page, whose security policy forbids Playwright's own way of waiting."""
    deadline = time.monotonic() + within_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


# A theme comes with the next frame, and a colour that is on its way from one to the other is neither's. Those that are
# handed down set out a frame after the one they come from has arrived.
_SETTLE = """async () => {
  for (let still = 0, frames = 0; still < 3 && frames < 100; frames += 1) {
    await new Promise(requestAnimationFrame);
    const moving = document.getAnimations().filter((one) => one instanceof CSSTransition);
    moving.forEach((one) => one.finish());
    still = moving.length ? 0 : still + 1;
  }
}"""


def barriers(page: Page, *rules: str, within: str | None = None) -> list[str]:
    """What axe-core finds on the page, or in a part of it, that keeps people out: each rule, or each of these, with its
    grave breaches.
    """
    page.evaluate(_SETTLE)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = Axe().run(page, context=within, options=options).response["violations"]
    return [
        f"{page.url}: {rule['id']} {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
