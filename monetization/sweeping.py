"""What repairs by itself: payments, refunds and transfers of which nothing was heard, events that nobody handled."""

import logging
from datetime import datetime, timedelta

from monetization.errors import GatewayAway
from monetization.going_on import going_on
from monetization.hearing import handle_waiting
from monetization.models import JointCharge, Refund, WebhookEvent
from monetization.models.attempts import Attempt, PaymentState
from monetization.paying import give_up
from monetization.refunding import ask_refund
from monetization.settling import ask_for, rows_of_wares
from monetization.transferring import sweep_transfers

log = logging.getLogger(__name__)

ANSWERS_WITHIN = timedelta(minutes=1)
HOLDER_ANSWERS_WITHIN = timedelta(minutes=20)
HANDLED_WITHIN = timedelta(seconds=30)
AT_A_TIME = 100


def sweep(now: datetime) -> None:
    """Ask again about everything that is overdue. A gateway that is away ends it until the next time."""
    try:
        for rows in rows_of_wares():
            _sweep_attempts(rows, now)
        _sweep_attempts(JointCharge, now)
        refunds = Refund.objects.filter(state=Refund.State.ASKED, asked_at__lt=now - ANSWERS_WITHIN)
        for refund in refunds.select_related("payment__joint")[:AT_A_TIME]:
            with going_on(refund):
                ask_refund(refund, now)
        sweep_transfers(now)
    except GatewayAway as error:
        log.warning("the gateway is away: %s", error.facts)
    handle_waiting(
        WebhookEvent.objects.overdue(now, HANDLED_WITHIN).order_by("attempts", "happened_at", "pk")[:AT_A_TIME]
    )


def _sweep_attempts(rows: type[Attempt], now: datetime) -> None:
    for row in rows.unheard_of(now, ANSWERS_WITHIN).filter(state=PaymentState.ASKED)[:AT_A_TIME]:
        with going_on(row):
            ask_for(row, now)
    for row in rows.unheard_of(now, HOLDER_ANSWERS_WITHIN)[:AT_A_TIME]:
        with going_on(row):
            give_up(row, now)
