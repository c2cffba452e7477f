"""A viewer: the real watch page in headless Chromium, with a probe that sees every picture."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PROBE = Path(__file__).with_name("probe.js")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_FIRST_FRAME_S = 30.0
_TAB_SETTLES_S = 1.0
_CLICK = """path => {
  const clickedAt = performance.now();
  document.querySelector(`main a[href="${path}"]`).click();
  return clickedAt;
}"""


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """A headless browser, with more flags if given; as root it needs to go without its sandbox."""
    path = shutil.which("chromium") or "/usr/bin/chromium"
    flags = [*FLAGS, *more, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile with empty caches, probe in place."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        context.add_init_script(path=PROBE)
        yield context
    finally:
        context.close()


def open_page(context: BrowserContext, url: str) -> Page:
    """Open a watch page in a tab that is there already, and wait for its first picture."""
    page = context.new_page()
    # A new window keeps a core busy for half a second, which no viewer's click on a link does.
    page.wait_for_timeout(_TAB_SETTLES_S * 1000)
    page.goto(url, wait_until="commit")
    _await_picture(page)
    return page


def _await_picture(page: Page) -> None:
    # The page's policy forbids what Playwright's own waiting evaluates.
    deadline = time.monotonic() + _FIRST_FRAME_S
    while page.evaluate("window.benchProbe?.firstFrameMs") is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{page.url} shows no picture")
        page.wait_for_timeout(50)


def time_clicks(browser: Browser, url: str, count: int) -> list[float]:
    """Milliseconds from a click on the home page, looked at for a while, to the picture on the page at `url`."""
    home, path = urljoin(url, "/"), urlsplit(url).path
    times: list[float] = []
    for _ in range(count):
        with fresh_context(browser) as context:
            page = context.new_page()
            page.goto(home, wait_until="networkidle")
            page.wait_for_timeout(_TAB_SETTLES_S * 1000)
            clicked_at = page.evaluate(_CLICK, path)
            _await_picture(page)
            times.append(float(page.evaluate("benchProbe.firstFrameMs")) - float(clicked_at))
    return times


def time_openings(browser: Browser, url: str, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds from opening the page to its first picture: with empty caches, and opened again."""
    cold: list[float] = []
    warm: list[float] = []
    for _ in range(count):
        with fresh_context(browser) as context:
            for kept in (cold, warm):
                page = open_page(context, url)
                kept.append(float(page.evaluate("benchProbe.firstFrameMs")))
                page.close()
    return cold, warm


def clear(page: Page) -> None:
    """Forget what the probe has seen."""
    page.evaluate("benchProbe.clear()")


def read(page: Page) -> dict[str, Any]:
    """What the probe has seen since it was cleared, and the page's own figures."""
    seen: dict[str, Any] = page.evaluate("({...benchProbe, page: document.querySelector('live-player').stats})")
    return seen


def await_picture_of(page: Page, burnt_after_s: float, within_s: float) -> float | None:
    """When the page showed the first picture taken after a time; None if it never did."""
    find = "after => benchProbe.samples.find(([burnt]) => burnt >= after)?.[1]"
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        seen_at = page.evaluate(find, burnt_after_s * 1000)
        if seen_at is not None:
            return float(seen_at) / 1000
        page.wait_for_timeout(100)
    return None
