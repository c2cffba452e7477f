"""A Space as people have it: they hear, see and lead one another, and many more hear the composed stream."""

import json
import math
import subprocess
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Eventually
from tests.e2e.pages.browsing import barriers
from tests.e2e.spaces.conftest import Gathering, Guest
from tests.stack import RunningStack

# From a click to what others see of it, at their best of some: twice as long as it may take, for a machine that has
# other things to do; a picture four times, as all four pages' cameras are encoded and shown on this one (bench.spaces
# tells how long it takes).
STAGE_WITHIN_S, VIDEO_WITHIN_S, ACTIVE_WITHIN_S = 0.6, 2.0, 2.0
# Seats that nobody renews: they are taken for some seconds.
_FILL = """
import time
from uuid import UUID
from spaces import seating
from spaces.settings import most_seats
for number in range(most_seats()):
    seating.take(UUID({space!r}), 0, time.time(), address="elsewhere")
"""
# A page that goes on sending, whatever it was told, and asks to be heard.
_CHEAT = """async () => {
  const { currentSpace } = await import("lib/space");
  const refused = await currentSpace().setMuted(false).then(() => "", ({ code }) => code);
  window.hum.enabled = true;
  return refused;
}"""


def plays(page: Page) -> bool:
    """Whether a player shows a picture that moves on, with a sound in it."""
    video = page.locator("live-player video[slot=media]").first
    if not video.count():
        return False
    return bool(video.evaluate("(video) => video.currentTime > 1 && video.webkitAudioDecodedByteCount > 0"))


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


def get_on_stage(guest: Guest, host: Guest) -> float:
    """With a hand that goes up and a host's word; how long the page waited for both of them."""
    hand = f"document.querySelector('[data-hands] [data-person=\"{guest.user}\"]')"
    raised = host.seconds_until(hand, guest, "[data-hand]")
    own = "document.querySelector('[data-mic]').checkVisibility()"
    return raised + guest.seconds_until(own, host, f"[data-hands] [data-person='{guest.user}'] [data-act=invite]")


def test_people_meet_in_a_space(gathering: Gathering, eventually: Eventually) -> None:
    everybody = alice, bob, carol, dave = [gathering.guests[name] for name in ("alice", "bob", "carol", "dave")]

    # Alice opens it, and everybody finds it on the home page.
    alice.page.goto("/spaces/new")
    alice.page.get_by_label("Channel").select_option(label=gathering.channel)
    alice.page.get_by_label("What do you want to talk about?").fill("Evening talk")
    alice.press("Open or announce it")
    alice.come_in()
    alice.speak()
    for guest in (bob, carol, dave):
        guest.page.goto("/")
        guest.page.get_by_role("link", name="Evening talk").first.click()
        guest.come_in()
    eventually(lambda: all(guest.hears() == {"alice"} for guest in (bob, carol, dave)), within=10)
    # Nobody is kept out by how the room is made.
    assert barriers(alice.page) + barriers(bob.page) == []

    # Hands go up, and their owners are on the stage: everybody is heard by all others, and by nobody themselves.
    waited = []
    for guest in (bob, carol, dave):
        waited.append(get_on_stage(guest, alice))
        guest.speak()
    assert min(waited) < STAGE_WITHIN_S, waited
    names = {guest.name for guest in everybody}
    eventually(lambda: all(guest.hears() == names - {guest.name} for guest in everybody), within=10)

    # Video on, off and on again, as carol sees it.
    shown, gone = [], []
    picture = carol.seen_of(bob)
    frames = f"{picture}?.getVideoPlaybackQuality().totalVideoFrames"
    for _time in range(3):
        shown.append(carol.seconds_until(frames, bob, "[data-camera]"))
        eventually(lambda: alice.sees(bob) > 3, within=6)
        gone.append(carol.seconds_until(f"!{picture}", bob, "[data-camera]"))
    assert min(shown) < VIDEO_WITHIN_S, shown
    assert min(gone) < VIDEO_WITHIN_S, gone

    # A screen in place of the camera, by the host alone.
    alice.press("Share screen")
    eventually(lambda: bob.sees(alice) > 1, within=6)
    alice.press("Stop sharing")
    expect(bob.page.locator(f"{bob.tile(alice)} video")).to_be_hidden()
    expect(bob.page.get_by_role("button", name="Share screen")).to_be_hidden()

    # The large tile follows who speaks.
    for guest in (bob, carol, dave):
        guest.press("Mute")
    moved = []
    for talking, silent in ((bob, alice), (alice, bob), (bob, alice)):
        silent.press("Mute")
        eventually(lambda: dave.hears() == set(), within=4)
        is_big = f'document.querySelector("{dave.tile(talking)}.is-big")'
        moved.append(dave.seconds_until(is_big, talking, "[data-mic]"))
    assert min(moved) < ACTIVE_WITHIN_S, moved


def test_the_stage_is_led_and_goes_along(gathering: Gathering, eventually: Eventually) -> None:
    alice, bob, carol = guests = [gathering.guests[name] for name in ("alice", "bob", "carol")]
    let_in = alice.hold("space.enter")
    gathering.open("Led well", on_stage=["bob"], guests=guests)
    for guest in guests:
        guest.come_in()
    # Whoever is quicker than the server is heard as soon as they are in.
    alice.speak()
    expect(alice.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    let_in()
    bob.speak()
    eventually(lambda: carol.hears() == {"alice", "bob"}, within=10)

    # Push to talk: heard for as long as the space bar is held.
    push = alice.page.get_by_label("Push to talk (space bar)")
    push.check()
    eventually(lambda: carol.hears() == {"bob"}, within=4)
    alice.page.keyboard.down("Space")
    eventually(lambda: carol.hears() == {"alice", "bob"}, within=4)
    alice.page.evaluate("dispatchEvent(new Event('blur'))")
    eventually(lambda: carol.hears() == {"bob"}, within=4)
    alice.page.keyboard.up("Space")
    push.uncheck()
    alice.press("Unmute")
    eventually(lambda: carol.hears() == {"alice", "bob"}, within=4)

    # A host's mute holds against a page that sends all the same.
    alice.do_to(bob, "Mute")
    eventually(lambda: carol.hears() == {"alice"}, within=4)
    assert bob.page.evaluate(_CHEAT) == "silenced"
    muted = bob.page.get_by_role("status").filter(has_text="A host has muted you.")
    expect(muted).to_be_visible()
    for _time in range(4):
        assert carol.hears() == {"alice"}
    alice.do_to(bob, "Allow to speak")
    expect(muted).to_have_count(0)
    bob.press("Unmute")
    eventually(lambda: carol.hears() == {"alice", "bob"}, within=4)

    # The sound goes on while other pages are looked at.
    carol.page.get_by_role("link", name="Estrade").first.click()
    for name in ("Spaces", "Upcoming", "Terms", "Privacy"):
        expect(carol.page.locator(".space-bar")).to_be_visible()
        before = carol.page.url
        carol.page.locator("footer").get_by_role("link", name=name, exact=True).click()
        expect(carol.page).not_to_have_url(before)
        assert carol.hears() == {"alice", "bob"}

    alice.do_to(bob, "Remove from the Space")
    eventually(lambda: carol.hears() == {"alice"}, within=6)
    expect(bob.page.get_by_role("button", name="Leave", exact=True)).to_be_hidden()


def test_very_many_hear_the_composed_stream(gathering: Gathering, stack: RunningStack, eventually: Eventually) -> None:
    alice, bob = (gathering.guests[name] for name in ("alice", "bob"))
    space = gathering.open("Very many", on_stage=["bob"], guests=[alice, bob])
    for guest in (alice, bob):
        guest.come_in()
        guest.speak()

    # It is recorded, as everybody is told, and whoever has no page hears and sees it: the slate, then Bob's picture.
    alice.press("Record")
    expect(bob.page.get_by_text("Recorded", exact=True)).to_be_visible()
    eventually(lambda: stream_of(stack, space), within=12)
    eventually(lambda: heard_and_seen(stream_of(stack, space))[0] > -40, within=25)
    _level, slate = heard_and_seen(stream_of(stack, space))
    assert max(slate) < 60
    alice.press("Mute")
    bob.press("Video on")
    eventually(lambda: max(heard_and_seen(stream_of(stack, space))[1]) > 100, within=20)
    bob.press("Video off")

    # Whoever comes when all seats are taken hears it in the same page all the same.
    stranger = gathering.stranger()
    stranger.goto(f"/spaces/{space}")
    stack.manage("shell", "--verbosity", "0", "--command", _FILL.format(space=space))
    stranger.get_by_role("button", name="Listen", exact=True).click()
    eventually(lambda: plays(stranger), within=20)
    stranger.context.close()

    alice.press("End the Space")
    expect(alice.page.get_by_role("alert").filter(has_text="This Space is over.")).to_be_visible()

    def is_replayed() -> bool:
        alice.page.reload()
        return alice.page.get_by_role("region", name="Listen to it again").get_by_role("link").count() > 0

    eventually(is_replayed, within=20)
