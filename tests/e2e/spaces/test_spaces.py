"""A Space as people have it: heard, seen, led, and back by itself after Janus was killed."""

import json
import math
import subprocess
import time
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Eventually
from tests.e2e.pages.browsing import barriers
from tests.e2e.spaces.conftest import Gathering
from tests.stack import RunningStack

# Seats that nobody renews: they are taken for some seconds.
_FILL = """
import time
from uuid import UUID
from spaces import seating
from spaces.settings import most_seats
for number in range(most_seats()):
    seating.take(UUID({space!r}), 0, time.time(), address="elsewhere")
"""


def plays(page: Page) -> bool:
    """Whether a player shows a picture that moves on, with a sound in it."""
    video = page.locator("live-player video[slot=media]").first
    if not video.count():
        return False
    return bool(video.evaluate("(video) => video.currentTime > 1 && video.webkitAudioDecodedByteCount > 0"))


def is_connected(page: Page) -> bool:
    """Whether the page's socket is there."""
    return bool(page.evaluate("async () => (await import('lib/socket')).socket.isOpen"))


def stream_of(stack: RunningStack, space: str) -> str:
    """Where the composed stream plays, for whoever has no page; empty while it doesn't."""
    place = f"space-{space.replace('-', '')}"
    with urllib.request.urlopen(f"{stack.url}/api/places/{place}/state", timeout=5) as answer:
        state: dict[str, Any] = json.load(answer)
    address = (state["broadcast"] or {}).get("playlist_url")
    return f"{stack.url}{address}" if address else ""


def heard_and_seen(address: str) -> tuple[float, list[int]]:
    """How loud Alice's tone is in two seconds of a stream, in dB, and the middle of its last picture, in RGB. Silence
    and black where it holds nothing yet."""
    command = f"ffmpeg -v info -nostdin -live_start_index -2 -t 2 -i {address} -filter_complex"
    graph = "[0:a]bandpass=f=500:w=20,volumedetect[a];[0:v]crop=16:16:600:480,scale=1:1,format=rgb24[v]"
    outputs = "-map [a] -f null - -map [v] -f rawvideo pipe:1"
    done = subprocess.run([*command.split(), graph, *outputs.split()], capture_output=True, timeout=20, check=False)
    said = done.stderr.decode()
    if "Empty segment" in said:
        return -math.inf, [0, 0, 0]
    assert done.returncode == 0, said[-2000:]
    level = said.partition("mean_volume:")[2].split()[0]
    return float(level), list(done.stdout[-3:])


@pytest.mark.slow_ok
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

    # A screen in place of the camera, by the host alone.
    alice.press("Share screen")
    eventually(lambda: bob.sees(alice) > 1, within=6)
    alice.press("Stop sharing")
    expect(bob.page.locator(f"{bob.tile(alice)} video")).to_be_hidden()
    expect(bob.page.get_by_role("button", name="Share screen")).to_be_hidden()

    # Push to talk: heard for as long as the space bar is held.
    alice.press("Mute")
    alice.page.get_by_label("Push to talk (space bar)").check()
    eventually(lambda: bob.hears() == set(), within=4)
    alice.page.keyboard.down("Space")
    eventually(lambda: bob.hears() == {"alice"}, within=4)
    alice.page.keyboard.up("Space")
    eventually(lambda: bob.hears() == set(), within=4)
    alice.page.get_by_label("Push to talk (space bar)").uncheck()
    alice.press("Unmute")
    eventually(lambda: bob.hears() == {"alice"}, within=4)

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

    # It is recorded, as everybody is told, and whoever has no page hears and sees it: the slate, then Bob's picture.
    space = str(alice.page.url).rpartition("/")[2]
    alice.press("Record")
    expect(bob.page.get_by_text("Recorded", exact=True)).to_be_visible()
    eventually(lambda: stream_of(stack, space), within=12)
    eventually(lambda: heard_and_seen(stream_of(stack, space))[0] > -40, within=12)
    _level, slate = heard_and_seen(stream_of(stack, space))
    assert max(slate) < 60
    alice.press("Mute")
    bob.press("Video on")
    eventually(lambda: max(heard_and_seen(stream_of(stack, space))[1]) > 100, within=20)
    bob.press("Video off")
    alice.press("Unmute")
    eventually(lambda: alice.hears() == {"bob"} and carol.hears() == {"alice", "bob"}, within=6)

    # Whoever comes when all seats are taken hears it in the same page all the same.
    dave = gathering.stranger()
    dave.goto(f"/spaces/{space}")
    stack.manage("shell", "--verbosity", "0", "--command", _FILL.format(space=space))
    dave.get_by_role("button", name="Listen", exact=True).click()
    eventually(lambda: plays(dave), within=20)

    # Its channel shows it when the host says so.
    alice.press("Put it on the channel too")
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
    # Web dies: everybody is heard meanwhile, and hosts lead as soon as it is back.
    stack.kill("web")
    eventually(lambda: not is_connected(alice.page), within=4)
    assert carol.hears() == {"alice", "bob"}
    eventually(lambda: is_connected(alice.page), within=20)
    alice.do_to(bob, "Remove from the Space")
    eventually(lambda: carol.hears() == {"alice"}, within=10)
    expect(bob.page.get_by_role("button", name="Leave", exact=True)).to_be_hidden()

    alice.press("End the Space")
    expect(alice.page.get_by_role("alert").filter(has_text="This Space is over.")).to_be_visible()

    def is_replayed() -> bool:
        alice.page.reload()
        return alice.page.get_by_role("region", name="Listen to it again").get_by_role("link").count() > 0

    eventually(is_replayed, within=20)
