"""Whoever falls silent leaves the stage in time, and comes back by themselves: a network that freezes, a browser that dies."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import CHROMIUM, Eventually
from tests.e2e.spaces.conftest import FAKES, PITCHES, TONE, Gathering, Guest
from tests.e2e.viewer import CHROMIUM_FLAGS
from tests.stack import RunningStack

pytestmark = pytest.mark.soak

FROZEN_S, OUT_WITHIN_S = 30.0, 15.0


@contextmanager
def elsewhere(guest: Guest, browser: Browser, stack: RunningStack) -> Iterator[tuple[Guest, list[int]]]:
    """The same person in a browser of their own, and its processes that speak to the network, hear and see."""
    own = browser.browser_type.launch(executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, *FAKES])
    context = own.new_context(base_url=stack.url)
    context.add_cookies(
        [{"name": one["name"], "value": one["value"], "url": stack.url} for one in guest.page.context.cookies()]
    )
    context.add_init_script(TONE % PITCHES[guest.name])
    page = context.new_page()
    found = own.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    try:
        yield Guest(guest.name, guest.user, page), [one["id"] for one in found if one["type"] == "utility"]
    finally:
        own.close()


def test_who_falls_silent_leaves_in_time_and_comes_back(
    gathering: Gathering, fake_browser: Browser, stack: RunningStack, eventually: Eventually
) -> None:
    alice = gathering.guests["alice"]
    alice.page.goto("/spaces/new")
    alice.page.get_by_label("Channel").select_option(label=gathering.channel)
    alice.page.get_by_label("What do you want to talk about?").fill("Far away")
    alice.press("Open or announce it")
    alice.press("Listen")
    alice.speak()

    with elsewhere(gathering.guests["bob"], fake_browser, stack) as (bob, network):
        bob.page.goto(alice.page.url)
        bob.press("Listen")
        come_on_stage(alice, bob, eventually)

        # The network freezes: nothing comes, and nothing says that it is closed.
        for pid in network:
            os.kill(pid, signal.SIGSTOP)
        frozen_at = time.monotonic()
        try:
            eventually(lambda: not is_on_stage(alice, bob), within=OUT_WITHIN_S)
            print(f"off the stage after {time.monotonic() - frozen_at:.1f} s")
            time.sleep(max(0.0, frozen_at + FROZEN_S - time.monotonic()))
        finally:
            for pid in network:
                os.kill(pid, signal.SIGCONT)
        # It is back: so are they, as a listener, and nobody clicked.
        thawed_at = time.monotonic()
        eventually(lambda: bob.hears() == {"alice"}, within=30)
        print(f"hears again after {time.monotonic() - thawed_at:.1f} s")
        come_on_stage(alice, bob, eventually)

        # The browser dies with all that it has.
        for pid in network:
            os.kill(pid, signal.SIGKILL)
        bob.page.context.browser.new_browser_cdp_session().send("Browser.crash")  # type: ignore[union-attr]
        died_at = time.monotonic()
        eventually(lambda: not is_on_stage(alice, bob), within=OUT_WITHIN_S)
        print(f"left after {time.monotonic() - died_at:.1f} s")


def come_on_stage(alice: Guest, bob: Guest, eventually: Eventually) -> None:
    bob.press("Raise hand")
    alice.page.locator("[data-hands]").get_by_role("button", name="Invite").click()
    bob.speak()
    eventually(lambda: alice.hears() == {"bob"}, within=8)


def is_on_stage(alice: Guest, bob: Guest) -> bool:
    return alice.page.locator(alice.tile(bob)).count() > 0
