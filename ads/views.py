"""What players ask: an ad, and what became of it. Strangers may; how often is bounded by where they come from."""

import json
import random
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from redis import RedisError

from accounts import limits
from accounts.errors import AccountsError, NotThere
from ads import chat_slots
from ads.access import get_shown
from ads.breaks import is_due
from ads.counting import take_event
from ads.deciding import Decided, Slot, decide, may_see_ads
from ads.errors import AdsError, BadOffer
from ads.models import Creative
from ads.offers import read
from ads.vast import render_vast
from ads.viewers import viewer_of
from monetization.cards import billing_country, cards_of
from monetization.whereabouts import viewer_country
from streaming.models import Broadcast

OFFERS_A_MINUTE, EVENTS_A_MINUTE = 30, 300
_SMALL = 4096
_FORMATS = ("pre", "mid", "chat")
rng = random.SystemRandom()


@require_POST
@never_cache
def offer(request: HttpRequest) -> HttpResponse:
    """{"channel": 7, "format": "pre"}: an ad for this viewer, or none."""
    wish = _body(request)
    try:
        found = _decide(request, wish.get("channel"), wish.get("format"), wish.get("longest_s", 60))
    except (NotThere, AccountsError, RedisError):
        found = None
    return JsonResponse({"ads": [describe(found)] if found else []})


@require_safe
@never_cache
def vast(request: HttpRequest, channel_id: int, format: str) -> HttpResponse:
    """The same as VAST 4.2, for players that aren't ours. Cards in a chat aren't for players."""
    try:
        found = _decide(request, channel_id, format, 60) if format != "chat" else None
    except (NotThere, AccountsError, RedisError):
        found = None
    return HttpResponse(render_vast(found), content_type="application/xml; charset=utf-8")


def _decide(request: HttpRequest, channel_id: object, format: object, longest_s: object) -> Decided | None:
    now = timezone.now()
    viewer = viewer_of(request, now)
    limits.count("ad-offers", viewer.network, at_most=OFFERS_A_MINUTE * 10, within_s=60)
    limits.count("ad-offers-viewer", viewer.key(now), at_most=OFFERS_A_MINUTE, within_s=60)
    if format not in _FORMATS or not isinstance(longest_s, int | float):
        return None
    channel, broadcast = get_shown(request.user, channel_id)
    if not may_see_ads(request.user, channel, now) or not _is_time(str(format), broadcast, now):
        return None
    slot = Slot(channel, broadcast, str(format))
    return decide(
        slot=slot, viewer=viewer, now=now, rng=rng, longest_s=float(longest_s), country=partial(_country_of, request)
    )


def _country_of(request: HttpRequest) -> str:
    """Where the viewer is: by the card they pay with, or else as the money part tells it."""
    user = request.user
    billed_in = billing_country(user, cards_of(user).first()) if user.is_authenticated else ""
    return viewer_country(request, billed_in=billed_in)


def _is_time(format: str, broadcast: Broadcast, now: datetime) -> bool:
    """Ads of a break in a break alone, cards in a chat when it is their turn."""
    if format == "chat":
        return chat_slots.is_open(broadcast.channel_id)
    return format == "pre" or is_due(broadcast, now)


def describe(found: Decided) -> dict[str, Any]:
    """What the page needs to show an ad."""
    creative = found.creative
    return {
        "token": found.offer.sign(),
        "duration_ms": creative.duration_ms,
        "skip_ms": found.offer.skip_ms,
        "title": creative.title,
        "text": creative.text,
        "advertiser": found.advertiser,
        "domain": creative.domain,
        "video": creative.video_url,
        "hls": creative.hls_url,
    }


@require_POST
@never_cache
def event(request: HttpRequest) -> HttpResponse:
    """{"token": "...", "event": "imp"}: 204 when it was taken, 409 with a code when not, 503 without Redis."""
    told, now = _body(request), timezone.now()
    viewer = viewer_of(request, now)
    try:
        limits.count("ad-events", viewer.key(now), at_most=EVENTS_A_MINUTE, within_s=60)
        take_event(token=str(told.get("token", "")), event=str(told.get("event", "")), viewer=viewer, now=now)
    except AccountsError:
        return JsonResponse({"error": "too_many"}, status=429)
    except AdsError as refusal:
        return JsonResponse({"error": refusal.code}, status=409)
    except RedisError:
        return JsonResponse({"error": "away"}, status=503)
    return HttpResponse(status=204)


@require_safe
@never_cache
def pixel(request: HttpRequest) -> HttpResponse:
    """An event by reading an address, as VAST has it. It says nothing, whatever became of it."""
    now = timezone.now()
    viewer = viewer_of(request, now)
    with suppress(AccountsError, AdsError, RedisError):
        limits.count("ad-events", viewer.key(now), at_most=EVENTS_A_MINUTE, within_s=60)
        take_event(token=request.GET.get("t", ""), event=request.GET.get("e", ""), viewer=viewer, now=now)
    return HttpResponse(status=204)


@require_safe
@never_cache
def click(request: HttpRequest) -> HttpResponse:
    """Follow an ad: to the address that was reviewed, and nowhere else. Counted once, followed as often as wanted."""
    now, token = timezone.now(), request.GET.get("t", "")
    viewer = viewer_of(request, now)
    try:
        limits.count("ad-events", viewer.key(now), at_most=EVENTS_A_MINUTE, within_s=60)
        creative_id = read(token, now).creative_id
    except (AccountsError, BadOffer):
        return HttpResponseRedirect("/")
    with suppress(AdsError, RedisError):
        take_event(token=token, event="click", viewer=viewer, now=now)
    target = Creative.objects.filter(pk=creative_id, state=Creative.State.APPROVED).first()
    return HttpResponseRedirect(target.click_url if target else "/")


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        told = json.loads(request.body) if len(request.body) <= _SMALL else None
    except (ValueError, UnicodeDecodeError):
        told = None
    return told if isinstance(told, dict) else {}
