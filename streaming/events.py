"""What pages are told while they are open."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class BroadcastChanged:
    """On `broadcast.<id>`: how it stands now. What to play is asked for over HTTP, where access is checked."""

    type: ClassVar[str] = "broadcast"
    broadcast: str
    title: str
    state: str
    started_at: str
    interrupted_at: str | None
    ended_at: str | None


@dataclass(frozen=True)
class OnAirChanged:
    """On `channel.<name>` and `place.<name>`: which broadcast it shows from now on, if any."""

    type: ClassVar[str] = "on-air"
    broadcast: str | None
