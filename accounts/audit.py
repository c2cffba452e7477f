"""Who did what to whom, for the house's own book. A stand-in that writes to the log."""

import logging
from typing import Any

from accounts.models import User

log = logging.getLogger(__name__)


def record(actor: User | None, action: str, target: object, **facts: Any) -> None:
    """Note what somebody with power did."""
    log.info("audit: %s %s %s %s", actor.username if actor else "the system", action, target, facts)
