"""What the gateway tells by itself: kept once, answered at once, and taken as a reason to ask it again."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from monetization.cards import keep_saved
from monetization.connecting import hear_account, hear_arrival
from monetization.disputing import settle_dispute
from monetization.gateway import EventFacts, open_gateway
from monetization.models import Bookmark, WebhookEvent
from monetization.refunding import settle_refund
from monetization.settling import settle
from monetization.transferring import settle_transfer

log = logging.getLogger(__name__)

# Two machines' clocks, and events that were written late.
OVERLAP = timedelta(minutes=10)
KEPT_THERE = timedelta(days=30)
EVENTS = "events"


@transaction.atomic
def keep(facts: EventFacts, now: datetime) -> bool:
    """Keep an event; False when it is there already."""
    row = WebhookEvent(
        event_id=facts.event_id,
        type=facts.type[:64],
        object_id=facts.object_id[:64],
        payload=facts.payload,
        happened_at=facts.happened_at,
        received_at=now,
    )
    _, is_new = WebhookEvent.objects.get_or_create(
        provider=row.provider,
        event_id=row.event_id,
        defaults={name: getattr(row, name) for name in ("type", "object_id", "payload", "happened_at", "received_at")},
    )
    return is_new


def handle_waiting(rows: Iterable[WebhookEvent]) -> None:
    """Handle events, oldest first; one that fails is kept with what went wrong, and the others are handled."""
    for row in rows:
        try:
            _handle(row)
        except Exception as error:  # noqa: BLE001 whatever goes wrong is kept and tried again
            log.warning("event %s is not handled: %s", row, error)
            row.attempts += 1
            row.last_error = f"{type(error).__name__}: {error}"[:1000]
        else:
            row.handled_at, row.last_error = timezone.now(), ""
        row.save(update_fields=["attempts", "last_error", "handled_at"])


def _handle(row: WebhookEvent) -> None:
    handler = next((act for prefix, act in _HANDLERS.items() if row.type.startswith(prefix)), None)
    if handler is not None:
        handler(_about(row.payload), timezone.now())


def _about(payload: dict[str, Any]) -> dict[str, Any]:
    """What an event is about, and of which connected account."""
    about = payload.get("related_object") or payload["data"]["object"]
    return dict(about) | {"account": payload.get("account", "")}


def _on_payment(about: dict[str, Any], now: datetime) -> None:
    settle(open_gateway().find_charge(about["id"]), now)


def _on_refund(about: dict[str, Any], now: datetime) -> None:
    """A refund, or the charge of one: all refunds of the payment are read again."""
    gateway = open_gateway()
    there = about.get("payment_intent") or gateway.payment_of_charge(about.get("charge") or about["id"])
    settle(gateway.find_charge(there), now)
    for facts in gateway.refunds_of(there):
        settle_refund(facts, now)


def _on_dispute(about: dict[str, Any], now: datetime) -> None:
    gateway = open_gateway()
    facts = gateway.find_dispute(about["id"])
    settle(gateway.find_charge(facts.payment_there), now)
    settle_dispute(facts, now)


def _on_setup(about: dict[str, Any], now: datetime) -> None:
    keep_saved(open_gateway().find_setup(about["id"]), now)


def _on_transfer(about: dict[str, Any], now: datetime) -> None:
    settle_transfer(open_gateway().find_transfer(about["id"]), now)


def _on_account(about: dict[str, Any], now: datetime) -> None:
    hear_account(about["id"], now)


def _on_arrival(about: dict[str, Any], now: datetime) -> None:
    """The house's own payouts to its bank are no concern of ours."""
    if about["account"]:
        hear_arrival(about["account"], about["id"], now)


_HANDLERS: dict[str, Callable[[dict[str, Any], datetime], None]] = {
    "payment_intent.": _on_payment,
    "charge.refund": _on_refund,
    "charge.dispute": _on_dispute,
    "refund.": _on_refund,
    "setup_intent.succeeded": _on_setup,
    "transfer.": _on_transfer,
    "payout.": _on_arrival,
    "v2.core.account[": _on_account,
}


def catch_up(now: datetime) -> int:
    """Read the gateway's own list of events since it was last read to its end; how many nobody had told us.

    Where that was is kept once all are: webhooks that arrived meanwhile say nothing of those that didn't.
    """
    mark = Bookmark.objects.filter(name=EVENTS).first()
    since = max(mark.read_until - OVERLAP, now - KEPT_THERE) if mark else now - KEPT_THERE
    # What the overlap brings again isn't asked for one by one.
    known = set(WebhookEvent.objects.filter(happened_at__gte=since).values_list("event_id", flat=True))
    told = open_gateway().events_since(since)
    new = sum(keep(facts, now) for facts in told if facts.event_id not in known)
    Bookmark.objects.update_or_create(name=EVENTS, defaults={"read_until": now})
    return new
