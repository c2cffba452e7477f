"""Who may watch what: a gate for each visibility."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from accounts.models import User

if TYPE_CHECKING:
    from streaming.models import Broadcast

Viewer = User | AnonymousUser
MayWatch = Callable[[User, "Broadcast"], bool]


@dataclass(frozen=True)
class Gate:
    """What one visibility means. What `is_secret` doesn't exist for those who may not watch it."""

    visibility: str
    may_watch: MayWatch
    is_open: bool = False
    is_secret: bool = False


_gates: dict[str, Gate] = {}
_LOCKED = Gate("", lambda viewer, broadcast: False, is_secret=True)


def register(visibility: str, may_watch: MayWatch, *, is_open: bool = False, is_secret: bool = False) -> None:
    """Add a visibility that lets in whom `may_watch` says. Call it in `AppConfig.ready`."""
    _gates[visibility] = Gate(visibility, may_watch, is_open, is_secret)


def gate_of(visibility: str) -> Gate:
    """The gate of a visibility; of one that nobody registered any more, a door that is locked."""
    return _gates.get(visibility) or _LOCKED


def may_watch(viewer: Viewer, broadcast: Broadcast) -> bool:
    gate = gate_of(broadcast.visibility)
    return gate.is_open or (isinstance(viewer, User) and gate.may_watch(viewer, broadcast))


register("public", lambda viewer, broadcast: True, is_open=True)
