"""Events that must reach their handlers, written in the transaction of what they tell. A stand-in that only logs."""

import logging
from typing import Any

log = logging.getLogger(__name__)


def emit(kind: str, payload: dict[str, Any]) -> None:
    log.info("outbox: %s %s", kind, payload)
