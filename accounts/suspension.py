"""What else happens when somebody is shut out. Apps above register theirs."""

from datetime import datetime
from typing import Protocol

from accounts.models import User


class Handler(Protocol):
    def __call__(self, *, user: User, by: User, now: datetime) -> None: ...


_handlers: dict[str, Handler] = {}


def register(name: str, handler: Handler) -> None:
    """Call this inside the transaction that suspends somebody."""
    _handlers[name] = handler


def run(*, user: User, by: User, now: datetime) -> None:
    for handler in _handlers.values():
        handler(user=user, by=by, now=now)
