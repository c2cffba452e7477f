"""Whatever breaks, nobody clicks: Janus, the conductor and web are killed under a Space."""

import time

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Eventually
from tests.e2e.spaces.conftest import Gathering, Guest
from tests.e2e.spaces.test_away import is_on_stage
from tests.e2e.spaces.test_spaces import plays
from tests.stack import RunningStack

# Twice as long as it may take.
MEDIA_BACK_WITHIN_S = 10.0


def is_connected(page: Page) -> bool:
    """Whether the page's socket is there."""
    return bool(page.evaluate("async () => (await import('lib/socket')).socket.isOpen"))


def position(page: Page) -> float:
    """How far a player is that is the page's from the first; what is loaded anew begins at nothing."""
    return float(page.evaluate("() => window.firstPlayer?.currentTime ?? 0"))


def have_each_other(one: Guest, other: Guest) -> bool:
    return one.hears() == {other.name} and other.hears() == {one.name}


@pytest.mark.slow_ok
def test_whatever_breaks_everybody_is_back(gathering: Gathering, stack: RunningStack, eventually: Eventually) -> None:
    alice, carol = (gathering.guests[name] for name in ("alice", "carol"))
    gathering.open("Unbroken", on_stage=["carol"], guests=[alice, carol])
    for guest in (alice, carol):
        guest.come_in()
        guest.speak()
    eventually(lambda: have_each_other(alice, carol), within=10)

    # Its channel shows it when the host says so, and whoever watches there never loads the page again.
    alice.press("Put it on the channel too")
    viewer = gathering.stranger()
    viewer.goto(f"/@{gathering.channel}")
    eventually(lambda: plays(viewer), within=20)
    viewer.evaluate("() => { window.firstPlayer = document.querySelector('live-player video[slot=media]'); }")
    shown_s = position(viewer)

    before = {guest.name: guest.stream for guest in (alice, carol)}
    stack.kill("sfu")
    began = time.monotonic()
    eventually(lambda: all(guest.stream not in ("", before[guest.name]) for guest in (alice, carol)), within=12)
    eventually(lambda: have_each_other(alice, carol), within=12)
    assert time.monotonic() - began < MEDIA_BACK_WITHIN_S
    print(f"back after {time.monotonic() - began:.1f} s")

    # Nothing is lost with a conductor, and the next one goes on.
    stack.kill("conductor")
    assert have_each_other(alice, carol)
    eventually(lambda: stack.pid("conductor"), within=8)
    # Everybody is heard while web is away, and hosts lead as soon as it is back.
    stack.kill("web")
    eventually(lambda: not is_connected(alice.page), within=4)
    assert have_each_other(alice, carol)
    eventually(lambda: is_connected(alice.page), within=25)
    alice.do_to(carol, "Take off the stage")
    eventually(lambda: alice.hears() == set() and not is_on_stage(alice, carol), within=10)

    # The channel's viewers went through all of it in the page they had.
    eventually(lambda: position(viewer) > shown_s + 8, within=20)
    viewer.context.close()
