"""What the conductor is told to do: a list in Redis, which whichever conductor is at work takes from.

An order that nobody took in time is no longer wanted: the page that waits for it asks anew.
"""

import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from realtime import broker

LIST = "spaces:orders"
LATE_S = 8.0
_MOST = 5000


def send(what: str, **facts: Any) -> None:
    """Have something done now."""
    order = json.dumps({"what": what, "at": time.time()} | facts)
    with broker.client().pipeline(transaction=False) as pipeline:
        pipeline.rpush(LIST, order)
        pipeline.ltrim(LIST, -_MOST, -1)
        pipeline.execute()


def send_on_commit(what: str, **facts: Any) -> None:
    """Have something done once the transaction that makes it right is committed."""
    transaction.on_commit(lambda: send(what, **facts))


def sync_on_commit() -> None:
    """Have rooms made for Spaces that are open, and taken away where they aren't."""
    send_on_commit("sync")


def off_stage_on_commit(space: UUID, user: int) -> None:
    """Have somebody's voice and picture taken away, whatever their page does."""
    send_on_commit("off_stage", space=str(space), user=user)


def read(text: bytes, now_s: float) -> Mapping[str, Any] | None:
    """An order, or None for one that came too late."""
    order: dict[str, Any] = json.loads(text)
    return order if now_s - order["at"] < LATE_S else None
