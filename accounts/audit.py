"""The log of what people with power did."""

import logging
from typing import Any

from django.db.models import Model

from accounts.models import User

log = logging.getLogger(__name__)


def record(actor: User | None, action: str, target: Model | None = None, **facts: Any) -> None:
    """Write down who did what to whom; without an actor it was the system."""
    log.info("audit: %s %s %s %s", actor.username if actor else "the system", action, target, facts)
