"""Charges at the gateway that are no payments for a channel. Who makes them says in `AppConfig.ready` what follows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from monetization.gateway import DisputeFacts


@dataclass(frozen=True, slots=True)
class Charges:
    """`dispute` takes note of how a dispute stands, and says whether it was over one of these, within a transaction.

    `entries` answers the keys of the ledger's entries that were posted for these numbers at the gateway, and for which
    of them each was; `expected` the numbers of what was begun and settled in a time.
    """

    dispute: Callable[[DisputeFacts, datetime], bool]
    entries: Callable[[set[str]], dict[str, str]]
    expected: Callable[[datetime, datetime], set[str]]


_all: dict[str, Charges] = {}


def register(kind: str, charges: Charges) -> None:
    _all[kind] = charges


def all_charges() -> list[Charges]:
    return list(_all.values())
