"""Holding the leases of all broadcasts that this process packages, and hearing whether to stop."""

import logging
import threading
import time
from dataclasses import asdict
from functools import cache
from itertools import count

import redis

from media_pipeline.packager import Packager
from streaming import live_store

log = logging.getLogger(__name__)

_ASK_S = 0.5
_RENEW_TURNS = 2

shutting_down = threading.Event()


class Keeper:
    """One broadcast's lease, and whether its packager has to stop."""

    def __init__(self, lease: live_store.Lease, broadcast_id: str) -> None:
        self.lease, self.broadcast_id = lease, broadcast_id
        self.is_lost = False
        self.is_asked = False
        self.session = ""
        self.packager: Packager | None = None

    def stopping(self) -> bool:
        return self.is_lost or self.is_asked or shutting_down.is_set()

    def release(self) -> None:
        try:
            self.lease.release()
        except redis.RedisError:
            log.info("lease of %s not released, it lapses", self.broadcast_id)


class Keepers:
    """Renews every lease of the process in one round trip, from one thread.

    A Redis that is silent doesn't stop the media: a lease that lapsed is taken again when it is back.
    """

    def __init__(self) -> None:
        self._keepers: set[Keeper] = set()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="leases", daemon=True).start()

    def add(self, keeper: Keeper) -> None:
        with self._changed:
            self._keepers.add(keeper)
            self._changed.notify()

    def discard(self, keeper: Keeper) -> None:
        """Let go of a lease; it isn't renewed once this has answered."""
        with self._changed:
            self._keepers.discard(keeper)
            keeper.release()

    def _run(self) -> None:
        for turn in count():
            with self._changed:
                self._changed.wait_for(lambda: self._keepers)
            time.sleep(_ASK_S)
            try:
                with self._changed:
                    self._look(renews=turn % _RENEW_TURNS == 0)
            except redis.RedisError as error:
                log.warning("leases not renewed: %s", error)

    def _look(self, *, renews: bool) -> None:
        asking = [keeper for keeper in self._keepers if keeper.session and not keeper.is_asked]
        renewing = list(self._keepers) if renews else []
        health = {keeper.broadcast_id: asdict(keeper.packager.health) for keeper in renewing if keeper.packager}
        stops, held = live_store.look_after(
            [keeper.session for keeper in asking], [keeper.lease for keeper in renewing], health
        )
        for keeper, is_asked in zip(asking, stops, strict=True):
            keeper.is_asked = is_asked
        for keeper, is_held in zip(renewing, held, strict=True):
            keeper.is_lost = not is_held


@cache
def keepers() -> Keepers:
    """The one of this process."""
    return Keepers()
