import time
from collections.abc import Callable, Iterator

import pytest

from streaming import live_store
from streaming.keeping import Keeper, Keepers


def until(what: str, is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 6
    while not is_so():
        assert time.monotonic() < deadline, f"not within 6 s: {what}"
        time.sleep(0.02)


class House(Keepers):
    """Keepers that end with their test."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Keeper] = []

    def hold(self, broadcast_id: str, session: str = "") -> Keeper:
        lease = live_store.Lease(broadcast_id, "here boot")
        assert lease.acquire()
        keeper = Keeper(lease, broadcast_id)
        keeper.session = session
        self.add(keeper)
        self.held.append(keeper)
        return keeper


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    for keeper in house.held:
        house.discard(keeper)


def test_a_lapsed_lease_is_taken_again(house: House) -> None:
    first, second = house.hold("one"), house.hold("two")
    live_store.client().delete("lease:one", "lease:two")

    until("both are leased", lambda: live_store.is_leased("one") and live_store.is_leased("two"))

    assert not first.stopping()
    assert not second.stopping()


def test_who_lost_its_lease_stops_and_nobody_else(house: House) -> None:
    robbed, spared = house.hold("one"), house.hold("two")
    live_store.client().set("lease:one", "9999999999 elsewhere boot", px=10_000)

    until("the packager stops", robbed.stopping)

    assert robbed.is_lost
    assert not spared.stopping()


def test_who_is_asked_to_stop_stops_and_nobody_else(house: House) -> None:
    asked, spared = house.hold("one", "session-one"), house.hold("two", "session-two")

    live_store.ask_to_stop("session-one")
    until("the packager stops", asked.stopping)

    assert not spared.stopping()


def test_a_lease_let_go_of_is_free_at_once_and_stays_so(house: House) -> None:
    gone, kept = house.hold("one"), house.hold("two")

    house.discard(gone)
    assert not live_store.is_leased("one")
    live_store.client().delete("lease:two")
    until("the other is renewed", lambda: live_store.is_leased("two"))

    assert not live_store.is_leased("one")
    assert not kept.stopping()
