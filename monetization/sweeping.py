"""What repairs by itself: payments and refunds of which nothing was heard, events that nobody handled."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from monetization.errors import GatewayAway, MonetizationError
from monetization.hearing import handle_waiting
from monetization.models import JointCharge, Payment, Refund, WebhookEvent
from monetization.paying import give_up
from monetization.refunding import ask_refund
from monetization.settling import ask, ask_jointly

log = logging.getLogger(__name__)

Row = TypeVar("Row", JointCharge, Payment, Refund)

ANSWERS_WITHIN = timedelta(minutes=1)
HOLDER_ANSWERS_WITHIN = timedelta(minutes=20)
HANDLED_WITHIN = timedelta(seconds=30)
AT_A_TIME = 100


def sweep(now: datetime) -> None:
    """Ask again about everything that is overdue. A gateway that is away ends it until the next time."""
    try:
        for payment in Payment.objects.stuck(now, ANSWERS_WITHIN).filter(state=Payment.State.ASKED)[:AT_A_TIME]:
            _try(ask, payment, now)
        for payment in Payment.objects.stuck(now, HOLDER_ANSWERS_WITHIN)[:AT_A_TIME]:
            _try(give_up, payment, now)
        for joint in JointCharge.objects.stuck(now, ANSWERS_WITHIN).filter(state=Payment.State.ASKED)[:AT_A_TIME]:
            _try(ask_jointly, joint, now)
        for joint in JointCharge.objects.stuck(now, HOLDER_ANSWERS_WITHIN)[:AT_A_TIME]:
            _try(give_up, joint, now)
        refunds = Refund.objects.filter(state=Refund.State.ASKED, asked_at__lt=now - ANSWERS_WITHIN)
        for refund in refunds.select_related("payment__joint")[:AT_A_TIME]:
            _try(ask_refund, refund, now)
    except GatewayAway as error:
        log.warning("the gateway is away: %s", error.facts)
    handle_waiting(
        WebhookEvent.objects.overdue(now, HANDLED_WITHIN).order_by("attempts", "happened_at", "pk")[:AT_A_TIME]
    )


def _try(act: Callable[[Row, datetime], object], row: Row, now: datetime) -> None:
    """One that can't be settled doesn't hold up the others."""
    try:
        act(row, now)
    except GatewayAway:
        raise
    except MonetizationError as error:
        log.error("%s can't be settled: %s", row, error)
