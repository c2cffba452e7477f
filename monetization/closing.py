"""Accounts with the gateway of those who left: each is closed there, which it refuses while money is in one.

Nobody's account here is deleted before they are paid. What they were paid may still be on its way from there to their
bank, so a refusal isn't the end: each day it is asked for again.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from monetization.errors import GatewayAway, GatewayRefused
from monetization.gateway import open_gateway
from monetization.going_on import going_on
from monetization.models import LeftAccount

log = logging.getLogger(__name__)

ASKED_AGAIN_AFTER = timedelta(days=1)
AT_A_TIME = 100


def close_left(now: datetime) -> None:
    """Close what is left behind. A gateway that is away ends it until the next time."""
    rows = LeftAccount.objects.filter(Q(asked_at=None) | Q(asked_at__lt=now - ASKED_AGAIN_AFTER), closed_at=None)
    try:
        for row in rows.order_by("left_at", "pk")[:AT_A_TIME]:
            with going_on(row):
                close(row, now)
    except GatewayAway as error:
        log.warning("the gateway is away: %s", error.facts)


def close(row: LeftAccount, now: datetime) -> LeftAccount:
    """Have the gateway close one. Harmless when it is closed. Raises GatewayAway."""
    row.asked_at = now
    try:
        open_gateway().close_account(row.provider_id)
    except GatewayRefused as refusal:
        row.refused_as = str(refusal.facts["reason"])[:64]
    else:
        row.closed_at, row.refused_as = row.closed_at or now, ""
    row.save()
    return row
