"""Whose network freezes or browser crashes leaves the stage in time; the former is back by themselves."""

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

pytestmark = [pytest.mark.soak, pytest.mark.slow_ok]

FROZEN_S, OUT_WITHIN_S, BACK_WITHIN_S = 30.0, 15.0, 15.0
# Every socket of the browser's, those of its media too.
NETWORK = "network.mojom.NetworkService"


class Machine:
    """A browser of its own, with the same person in it."""

    def __init__(self, browser: Browser, guest: Guest, stack: RunningStack) -> None:
        self.browser = browser.browser_type.launch(executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, *FAKES])
        context = self.browser.new_context(base_url=stack.url)
        cookies = guest.page.context.cookies()
        context.add_cookies([{"name": one["name"], "value": one["value"], "url": stack.url} for one in cookies])
        context.add_init_script(TONE % PITCHES[guest.name])
        self.guest = Guest(guest.name, guest.user, context.new_page())

    def pid(self, kind: str) -> int:
        found = self.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        return next(int(one["id"]) for one in found if one["type"] == kind)


@contextmanager
def machine_of(guest: Guest, browser: Browser, stack: RunningStack) -> Iterator[Machine]:
    machine = Machine(browser, guest, stack)
    try:
        yield machine
    finally:
        machine.browser.close()


@contextmanager
def frozen(pid: int) -> Iterator[float]:
    """Nothing goes in or out, and nothing says that it is closed; since when."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield time.monotonic()
    finally:
        os.kill(pid, signal.SIGCONT)


def test_who_falls_silent_leaves_in_time_and_comes_back(
    gathering: Gathering, fake_browser: Browser, stack: RunningStack, eventually: Eventually
) -> None:
    alice = gathering.guests["alice"]
    gathering.open("Far away", on_stage=["bob"], guests=[alice])
    alice.come_in()
    alice.speak()

    with machine_of(gathering.guests["bob"], fake_browser, stack) as machine:
        bob = machine.guest
        bob.page.goto(alice.page.url)
        bob.come_in()
        bob.speak()
        eventually(lambda: alice.hears() == {"bob"}, within=8)

        with frozen(machine.pid(NETWORK)) as since:
            eventually(lambda: not is_on_stage(alice, bob), within=OUT_WITHIN_S)
            print(f"off the stage after {time.monotonic() - since:.1f} s")
            alice.page.wait_for_timeout(max(0.0, since + FROZEN_S - time.monotonic()) * 1000)
        # The network is back: so are they, on the stage and heard as before, and nobody clicked.
        thawed_at = time.monotonic()
        eventually(lambda: is_on_stage(alice, bob), within=BACK_WITHIN_S)
        eventually(lambda: alice.hears() == {"bob"} and bob.hears() == {"alice"}, within=BACK_WITHIN_S)
        print(f"heard again after {time.monotonic() - thawed_at:.1f} s")

        os.kill(machine.pid("browser"), signal.SIGKILL)
        died_at = time.monotonic()
        eventually(lambda: not is_on_stage(alice, bob), within=OUT_WITHIN_S)
        print(f"left after {time.monotonic() - died_at:.1f} s")


def is_on_stage(alice: Guest, bob: Guest) -> bool:
    return alice.page.locator(alice.tile(bob)).count() > 0
