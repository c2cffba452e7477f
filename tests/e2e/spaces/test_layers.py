"""Small tiles are sent small pictures, large ones large, whatever was switched off and on in between."""

from tests.e2e.conftest import Eventually
from tests.e2e.spaces.conftest import Gathering, Guest

# What a camera is asked for, and half of it.
LARGE, SMALL = 640, 320


def test_a_small_tile_takes_the_small_picture(gathering: Gathering, eventually: Eventually) -> None:
    alice, bob, carol = (gathering.guests[name] for name in ("alice", "bob", "carol"))
    gathering.open("Sizes", on_stage=["bob"], guests=[alice, bob, carol])
    for guest in (alice, bob, carol):
        guest.come_in()
    for guest in (alice, bob):
        guest.press("Video on")
    carol.pin(alice)

    def see(large: Guest, small: Guest) -> None:
        eventually(lambda: (carol.width(large), carol.width(small)) == (LARGE, SMALL), within=15)

    see(alice, bob)
    carol.pin(bob)
    see(bob, alice)
    # Off and on: theirs are new pictures, in streams that were another's.
    for guest in (alice, bob):
        guest.press("Video off")
        eventually(lambda guest=guest: carol.width(guest) == 0, within=6)
    for guest in (bob, alice):
        guest.press("Video on")
    see(bob, alice)
    bob.press("Video off")
    eventually(lambda: carol.width(bob) == 0, within=6)
    carol.pin(alice)
    bob.press("Video on")
    see(alice, bob)
