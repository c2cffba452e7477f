"""Which topics there are, filled by the apps when they are ready."""

from collections.abc import Callable, Mapping
from typing import Any

MaySubscribe = Callable[[Any, str], bool]
Snapshot = Callable[[Any, str], Mapping[str, Any] | None]

topics: dict[str, tuple[MaySubscribe, Snapshot | None]] = {}


def register(prefix: str, may_subscribe: MaySubscribe, snapshot: Snapshot | None = None) -> None:
    """Topics `<prefix>.<key>`: who may listen, and what a listener is told at first."""
    topics[prefix] = (may_subscribe, snapshot)
