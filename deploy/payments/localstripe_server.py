# SPDX-License-Identifier: GPL-3.0-or-later
"""localstripe on a unix socket, its state in a file of ours. It is imported here and nowhere else.

    python -m deploy.payments.localstripe_server SOCKET STATE EVENTS_URL SECRET

By itself it listens on every interface and writes a pickle to the shared temporary folder at each call.
"""

import asyncio
import os
import pickle
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from aiohttp import web
from localstripe.resources import List, Store, StripeObject, UserError, store
from localstripe.server import app
from localstripe.webhooks import register_webhook

from deploy.start import die_with_parent

SAVE_EACH_S = 1.0
SAVED_FOR_A_PART_OF = 20


class Kinds:
    """What is kept, by kind. By itself localstripe looks through everything for each list, and lists a charge's
    refunds several times whenever it shows one: with some thousand charges it does little else."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, dict[str, Any]] = defaultdict(dict)

    def watch(self) -> None:
        """Know of all that is put and taken from here on, and answer lists."""
        put, take = Store.__setitem__, Store.__delitem__

        def put_and_note(kept: Store, key: str, value: Any) -> None:
            put(kept, key, value)
            self.note([(key, value)])

        def take_and_forget(kept: Store, key: str) -> None:
            take(kept, key)
            self._rows[key.partition(":")[0]].pop(key, None)

        def list_all(cls: Any, /, url: str, limit: Any = None, starting_after: Any = None, **unexpected: Any) -> List:
            if unexpected:
                raise UserError(400, f"Unexpected {', '.join(unexpected)}")
            found = List(url, limit=limit, starting_after=starting_after)
            found._list = list(self._rows[cls.object].values())
            return found

        Store.__setitem__, Store.__delitem__ = put_and_note, take_and_forget
        StripeObject._api_list_all = classmethod(list_all)

    def note(self, rows: Iterable[tuple[str, Any]]) -> None:
        for key, value in rows:
            kind, colon, _id = key.partition(":")
            if colon:
                self._rows[kind][key] = value


class Keeper:
    """Writes the store once a second when something changed, and reads it at start.

    It is written whole, and nothing else is done meanwhile: the larger it is, the longer it waits between.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._has_changed = False

    def note(self) -> None:
        self._has_changed = True

    def load(self) -> None:
        if self._path.exists():
            # The directory is the instance's own, closed to everybody else.
            store.update(pickle.loads(self._path.read_bytes()))  # noqa: S301
        self._has_changed = False

    def save(self) -> None:
        if not self._has_changed:
            return
        self._has_changed = False
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            pickle.dump(dict(store), file, protocol=pickle.HIGHEST_PROTOCOL)
        draft.rename(self._path)

    async def run(self, _: web.Application) -> AsyncIterator[None]:
        async def save_again_and_again() -> None:
            took_s = 0.0
            while True:
                await asyncio.sleep(max(SAVE_EACH_S, took_s * SAVED_FOR_A_PART_OF))
                began = time.monotonic()
                self.save()
                took_s = time.monotonic() - began

        saving = asyncio.create_task(save_again_and_again())
        yield
        saving.cancel()
        self.save()


def main(socket: str, state: str, events_url: str, secret: str) -> None:
    """Serve until told to stop."""
    keeper = Keeper(Path(state))
    Store.dump_to_disk = keeper.note
    kinds = Kinds()
    kinds.watch()
    keeper.load()
    kinds.note(store.items())
    register_webhook("front", events_url, secret, None)
    app.cleanup_ctx.append(keeper.run)
    Path(socket).unlink(missing_ok=True)
    web.run_app(app, path=socket, access_log=None, print=None, shutdown_timeout=2)


if __name__ == "__main__":
    import signal

    die_with_parent(signal.SIGTERM)
    main(*sys.argv[1:])
