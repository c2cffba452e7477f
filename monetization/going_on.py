"""Going through rows of which one that goes wrong doesn't hold up the others."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from monetization.errors import GatewayAway, MonetizationError

log = logging.getLogger(__name__)


@contextmanager
def going_on(row: object) -> Iterator[None]:
    """Whatever goes wrong with a row is logged, and it's the next one's turn. What is done to a row is a transaction of
    its own. Only a gateway that is away is away for all: raises GatewayAway.
    """
    try:
        yield
    except GatewayAway:
        raise
    except MonetizationError as error:
        log.error("%s can't be settled: %s", row, error)
    except Exception:
        log.exception("%s can't be settled", row)
