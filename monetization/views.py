"""Where the gateway tells what happened."""

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from accounts import limits
from accounts.errors import TooMany
from monetization.errors import ForgedEvent
from monetization.gateway import EventFacts, open_gateway
from monetization.hearing import keep

log = logging.getLogger(__name__)

LONGEST = 512 * 1024
FORGERIES_A_MINUTE = 60


@csrf_exempt
@require_POST
def hook(request: HttpRequest) -> HttpResponse:
    """Keep an event that the gateway signed, and answer at once; a worker handles it."""
    if settings.PAYMENTS == "off":
        return HttpResponse(status=404)
    if int(request.headers.get("Content-Length") or 0) > LONGEST:
        return HttpResponse(status=413)
    try:
        facts = open_gateway().read_event(request.body, request.headers.get("Stripe-Signature", ""))
    except (ForgedEvent, ValueError, LookupError):
        return _refuse(request)
    with transaction.atomic():
        if keep(facts, timezone.now()):
            transaction.on_commit(lambda: _wake(facts))
    return HttpResponse(status=200)


def _wake(facts: EventFacts) -> None:
    """A broker that is away is no error: the sweep handles what is kept."""
    try:
        current_app.send_task("monetization.tasks.handle_event", args=[facts.event_id], queue="urgent")
    except OperationalError as error:
        log.warning("event %s is not handled at once: %s", facts.event_id, error)


def _refuse(request: HttpRequest) -> HttpResponse:
    try:
        limits.count("forged-events", request.META["REMOTE_ADDR"], at_most=FORGERIES_A_MINUTE, within_s=60)
    except TooMany:
        return HttpResponse(status=429)
    return HttpResponse(status=400)
