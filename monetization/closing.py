"""Accounts with the gateway of those who left: each is closed there, which it refuses while money is in one.

Nobody's account here is deleted before they are paid. What they were paid may still be on its way from there to their
bank, so some days go by first, and a refusal isn't the end: each day it is asked for again.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import F, Q

from monetization.errors import GatewayAway, GatewayRefused
from monetization.gateway import open_gateway
from monetization.going_on import going_on
from monetization.models import LeftAccount

log = logging.getLogger(__name__)

# By then a last payout has reached their bank, or come back.
ASKED_AFTER = timedelta(days=7)
ASKED_AGAIN_AFTER = timedelta(days=1)
AT_A_TIME = 100


def close_left(now: datetime) -> None:
    """Close what is left behind. A gateway that is away ends it until the next time."""
    rows = LeftAccount.objects.filter(
        Q(asked_at=None) | Q(asked_at__lt=now - ASKED_AGAIN_AFTER), closed_at=None, left_at__lte=now - ASKED_AFTER
    )
    try:
        for row in rows.order_by(F("asked_at").asc(nulls_first=True), "left_at", "pk")[:AT_A_TIME]:
            with going_on(row):
                close(row, now)
    except GatewayAway as error:
        log.warning("the gateway is away: %s", error.facts)


def close(row: LeftAccount, now: datetime) -> LeftAccount:
    """Have the gateway close one, if it was ever opened. Harmless when it is closed. Raises GatewayAway."""
    # Noted first: one that gets no answer isn't the first to be asked about the next time.
    row.asked_at = now
    row.save(update_fields=["asked_at"])
    gateway = open_gateway()
    try:
        if not row.provider_id and (found := gateway.find_account_of(key=row.key)) is not None:
            row.provider_id = found.provider_id
        if row.provider_id:
            gateway.close_account(row.provider_id)
    except GatewayRefused as refusal:
        row.refused_as = str(refusal.facts["reason"])[:64]
    else:
        row.closed_at, row.refused_as = row.closed_at or now, ""
    row.save()
    return row
