"""A Space as people have it: heard, seen, led, and back by itself after Janus was killed."""

import time

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Eventually
from tests.e2e.pages.browsing import barriers
from tests.e2e.spaces.conftest import Gathering
from tests.stack import RunningStack


def plays(page: Page) -> bool:
    """Whether a channel's player shows a picture that moves on, with a sound in it."""
    video = page.locator("live-player video").first
    return bool(video.evaluate("(video) => video.currentTime > 1 && video.webkitAudioDecodedByteCount > 0"))


def test_people_meet_in_a_space(gathering: Gathering, stack: RunningStack, eventually: Eventually) -> None:
    alice, bob, carol = (gathering.guests[name] for name in ("alice", "bob", "carol"))

    # Alice opens it, and everybody finds it on the home page.
    alice.page.goto("/spaces/new")
    alice.page.get_by_label("Channel").select_option(label=gathering.channel)
    alice.page.get_by_label("What do you want to talk about?").fill("Evening talk")
    alice.press("Open or announce it")
    alice.press("Listen")
    alice.speak()
    for guest in (bob, carol):
        guest.page.goto("/")
        guest.page.get_by_role("link", name="Evening talk").first.click()
        guest.press("Listen")
    eventually(lambda: bob.hears() == {"alice"} and carol.hears() == {"alice"}, within=10)

    # Nobody is kept out by how the room is made.
    assert barriers(alice.page) + barriers(bob.page) == []

    # A hand goes up, and its owner is on the stage and heard by all others.
    bob.press("Raise hand")
    alice.page.locator("[data-hands]").get_by_role("button", name="Invite").click()
    bob.speak()
    eventually(lambda: alice.hears() == {"bob"}, within=6)
    eventually(lambda: carol.hears() == {"alice", "bob"}, within=3)
    assert bob.hears() == {"alice"}

    # Video on, off and on again.
    for _time in range(2):
        bob.press("Video on")
        eventually(lambda: alice.sees(bob) > 3 and carol.sees(bob) > 3, within=6)
        bob.press("Video off")
        expect(alice.page.locator(f"{alice.tile(bob)} video")).to_be_hidden()

    # A host's mute holds against a page that sends all the same.
    alice.do_to(bob, "Mute")
    eventually(lambda: alice.hears() == set(), within=4)
    bob.page.evaluate(
        """async () => {
          const { socket } = await import("lib/socket");
          const { currentSpace } = await import("lib/space");
          currentSpace().setMuted(false).catch(() => {});
        }"""
    )
    muted = bob.page.get_by_role("status").filter(has_text="A host has muted you.")
    expect(muted).to_be_visible()
    assert alice.hears() == set()
    alice.do_to(bob, "Allow to speak")
    expect(muted).to_have_count(0)
    bob.press("Unmute")
    eventually(lambda: alice.hears() == {"bob"}, within=4)

    # The sound goes on while other pages are looked at.
    carol.page.get_by_role("link", name="Estrade").first.click()
    expect(carol.page.locator(".space-bar")).to_be_visible()
    carol.page.get_by_role("link", name="Terms").click()
    assert carol.hears() == {"alice", "bob"}

    # Whoever has no seat hears it on the channel.
    alice.press("Put it on the channel too")
    dave = gathering.stranger()
    dave.goto(f"/@{gathering.channel}")
    eventually(lambda: plays(dave), within=25)
    dave.context.close()

    # Janus dies: everybody is back, and nobody clicks.
    before = {guest.name: guest.stream for guest in (alice, bob, carol)}
    stack.kill("sfu")
    began = time.monotonic()
    eventually(lambda: all(guest.stream not in ("", before[guest.name]) for guest in (alice, bob, carol)), within=12)
    eventually(lambda: alice.hears() == {"bob"} and carol.hears() == {"alice", "bob"}, within=12)
    print(f"back after {time.monotonic() - began:.1f} s")

    # The conductor dies: nothing is lost, and the next one goes on.
    stack.kill("conductor")
    assert carol.hears() == {"alice", "bob"}
    eventually(lambda: stack.pid("conductor"), within=8)
    alice.do_to(bob, "Remove from the Space")
    eventually(lambda: carol.hears() == {"alice"}, within=10)
    expect(bob.page.get_by_role("button", name="Leave", exact=True)).to_be_hidden()

    alice.press("End the Space")
    expect(alice.page.get_by_role("alert").filter(has_text="This Space is over.")).to_be_visible()
