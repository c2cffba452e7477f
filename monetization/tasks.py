"""What workers do for monetization."""

import logging
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from monetization import (
    closing,
    connecting,
    event_ends,
    hearing,
    payout_plans,
    reconciling,
    renewals,
    subscriptions,
    sweeping,
    switching,
    tickets,
)
from monetization.errors import GatewayAway
from monetization.gateway import open_gateway
from monetization.models import TicketedEvent, WebhookEvent

log = logging.getLogger(__name__)


@shared_task(name="monetization.tasks.tell_lapses")
def tell_lapses() -> None:
    """Tell of subscriptions that have run out, each second."""
    while subscriptions.tell_lapses(timezone.now()):
        pass


@shared_task(name="monetization.tasks.handle_event")
def handle_event(event_id: str) -> None:
    """Handle an event that has just come."""
    hearing.handle_waiting(WebhookEvent.objects.waiting().filter(event_id=event_id))


@shared_task(name="monetization.tasks.sweep_payments")
def sweep_payments() -> None:
    """Ask again about what is overdue, each half minute."""
    if settings.PAYMENTS != "off":
        sweeping.sweep(timezone.now())


@shared_task(name="monetization.tasks.renew_due")
def renew_due() -> None:
    """Charge the months that are due and begin tiers, each minute; on `default`, as it waits for the gateway."""
    if settings.PAYMENTS != "off":
        renewals.renew_due(timezone.now())
        switching.switch_due(timezone.now())


@shared_task(name="monetization.tasks.sweep_tickets")
def sweep_tickets() -> None:
    """Free what was reserved and not paid, end events that are to end, each half minute; on `default`, as it waits for
    the gateway."""
    if settings.PAYMENTS != "off":
        tickets.lapse(timezone.now())
        event_ends.sweep_events(timezone.now())


@shared_task(name="monetization.tasks.refund_event")
def refund_event(event_id: int) -> None:
    """Give everybody their money back; on `default`, as it waits for the gateway."""
    event_ends.refund_all(TicketedEvent.objects.get(pk=event_id, state="cancelled"), timezone.now())


@shared_task(name="monetization.tasks.catch_up")
def catch_up() -> None:
    """Read the gateway's list of events, every few minutes: what no webhook told is handled by the next sweep."""
    if settings.PAYMENTS == "off":
        return
    try:
        found = hearing.catch_up(timezone.now())
    except GatewayAway as error:
        log.warning("the gateway's events can't be read: %s", error.facts)
        return
    if found:
        log.info("%d events had not been told by a webhook", found)


@shared_task(name="monetization.tasks.pay_creators")
def pay_creators() -> None:
    """Pay those whose week or month has begun, each ten minutes; on `default`, as it waits for the gateway."""
    if settings.PAYMENTS != "off":
        payout_plans.pay_due(timezone.now())


@shared_task(name="monetization.tasks.look_at_accounts")
def look_at_accounts() -> None:
    """Look at each connected account once a day and close those that were left, each hour; on `default`, as it waits
    for the gateway."""
    if settings.PAYMENTS != "off":
        closing.close_left(timezone.now())
        connecting.look_at_all(timezone.now())


@shared_task(name="monetization.tasks.reconcile")
def reconcile() -> None:
    """Compare the gateway's balance with the ledger, each night."""
    if settings.PAYMENTS == "off":
        return
    try:
        found = reconciling.reconcile(timezone.now())
    except GatewayAway as error:
        log.warning("the gateway's balance can't be read: %s", error.facts)
        return
    if found:
        log.error("%d differences between the gateway and the ledger are new", found)


@shared_task(name="monetization.tasks.drop_cards", bind=True, max_retries=20)
def drop_cards(self: Any, cards: list[str]) -> None:
    """Have the gateway forget the cards of somebody who left."""
    try:
        for card in cards:
            open_gateway().drop_card(card)
    except GatewayAway as error:
        raise self.retry(exc=error, countdown=600, queue="default") from error
