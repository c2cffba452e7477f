"""What a page can ask for over its socket: apps register a name and the function that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime.errors import UnknownCommand

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Caller:
    """Who asks, freshly read, and from where."""

    user: Any
    address: str


Handler = Callable[[Caller, Payload], Mapping[str, Any] | None]

# The socket's own, never an app's.
BUILT_IN = frozenset({"subscribe", "leave", "ping"})
_handlers: dict[str, Handler] = {}


def register(name: str, handler: Handler) -> None:
    """Have `handler(caller, payload)` do the command. It runs in a thread, and what it answers goes to the caller.

    It refuses by raising CommandRefused, or a subclass with its own code and message.
    """
    if name in _handlers or name in BUILT_IN:
        raise ValueError(f"command {name} is registered already")
    _handlers[name] = handler


def run(caller: Caller, name: str, payload: Payload) -> Mapping[str, Any] | None:
    """Do a command; raises CommandRefused."""
    handler = _handlers.get(name)
    if handler is None:
        raise UnknownCommand
    return handler(caller, payload)
