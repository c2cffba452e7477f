"""Somebody who watches, in Chromium. What counts is decoded frames."""

import time
from typing import Any

from playwright.sync_api import Browser

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_FRAMES = "() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0"
_STATS = "() => ({...document.querySelector('live-player')?.stats})"


class Viewer:
    """A page that is never loaded again: its frames are counted from its opening on."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.opened_at = time.monotonic()
        self.page.goto(url)
        self.page.evaluate("() => { window.neverReloaded = true }")

    @property
    def frames(self) -> int:
        return int(self.page.evaluate(_FRAMES))

    @property
    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.page.evaluate(_STATS)
        return stats

    def wait_for_frames(self, more: int, within: float) -> float:
        """Until so many more frames are decoded; answers how many seconds that took."""
        started, target = time.monotonic(), self.frames + more
        while self.frames < target:
            assert time.monotonic() - started < within, f"no frames within {within} s: {self.stats}"
            self.page.wait_for_timeout(40)
        return time.monotonic() - started

    def wait_for_state(self, state: str, within: float) -> None:
        deadline = time.monotonic() + within
        while self.stats.get("state") != state:
            assert time.monotonic() < deadline, f"not {state} within {within} s: {self.stats}"
            self.page.wait_for_timeout(50)

    def check_never_reloaded(self) -> None:
        assert self.page.evaluate("() => window.neverReloaded === true")
        assert self.errors == []

    def close(self) -> None:
        self.context.close()
