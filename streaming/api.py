"""The JSON that pages and other players read."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import limits
from accounts.errors import TooMany
from accounts.models import User
from streaming import gates
from streaming.access import Viewer, broadcast_shown, get_watchable_broadcast, get_watchable_channel
from streaming.errors import NotWatchable
from streaming.playback import channel_subject, is_signed, path_until
from streaming.state import describe, describe_channel, describe_place

_STATE_HEADERS = {"Cache-Control": "public, max-age=1", "Access-Control-Allow-Origin": "*"}
_OWN_HEADERS = {"Cache-Control": "private, no-store"}
_OWN_STATES_A_MINUTE = 300


@require_safe
def broadcast_state(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """State of a broadcast, the same for everybody: the edge keeps it for a second."""
    try:
        broadcast = get_watchable_broadcast(AnonymousUser(), broadcast_id)
    except NotWatchable:
        return _problem(404, "No such broadcast.")
    return JsonResponse(describe(broadcast, timezone.now()), headers=_STATE_HEADERS)


@require_safe
def channel_state(request: HttpRequest, name: str) -> HttpResponse:
    """What a channel shows now, the same for everybody."""
    try:
        channel = get_watchable_channel(AnonymousUser(), name)
    except NotWatchable:
        return _problem(404, "No such channel.")
    return JsonResponse(describe_channel(channel, timezone.now()), headers=_STATE_HEADERS)


@require_safe
def place_state(request: HttpRequest, place: str) -> HttpResponse:
    """What plays at a place other than a channel's page, the same for everybody."""
    return JsonResponse(describe_place(place, timezone.now()), headers=_STATE_HEADERS)


@require_safe
def own_place_state(request: HttpRequest, place: str) -> HttpResponse:
    """What plays there for whoever asks."""
    if (refusal := _refuse_own(request)) is not None:
        return refusal
    answer = describe_place(place, timezone.now(), _viewer(request), request.GET.get("device", ""))
    return JsonResponse(answer, headers=_OWN_HEADERS)


@require_safe
def own_broadcast_state(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """State of a broadcast for whoever asks: with an address for those whom its gate lets in."""
    if (refusal := _refuse_own(request)) is not None:
        return refusal
    try:
        broadcast = get_watchable_broadcast(_viewer(request), broadcast_id)
    except NotWatchable:
        return _problem(404, "No such broadcast.")
    answer = describe(broadcast, timezone.now(), _viewer(request), request.GET.get("device", ""))
    return JsonResponse(answer, headers=_OWN_HEADERS)


@require_safe
def own_channel_state(request: HttpRequest, name: str) -> HttpResponse:
    """What a channel shows to whoever asks."""
    if (refusal := _refuse_own(request)) is not None:
        return refusal
    try:
        channel = get_watchable_channel(_viewer(request), name)
    except NotWatchable:
        return _problem(404, "No such channel.")
    answer = describe_channel(channel, timezone.now(), _viewer(request), request.GET.get("device", ""))
    return JsonResponse(answer, headers=_OWN_HEADERS)


def _viewer(request: HttpRequest) -> Viewer:
    return request.user


def _refuse_own(request: HttpRequest) -> HttpResponse | None:
    """These answers cost web a request each: they are for those who have logged in, and so many a minute."""
    if not isinstance(request.user, User):
        return _problem(401, "Log in first.")
    try:
        limits.count("own-states", request.user.pk, at_most=_OWN_STATES_A_MINUTE, within_s=60)
    except TooMany:
        return _problem(429, "Too often. Ask again in a minute.")
    return None


@require_safe
def channel_playlist(request: HttpRequest, name: str, token: str) -> HttpResponse:
    """Lead a player to the playlist of what a channel shows to everybody.

    403 for a forged address or a gated broadcast, 410 for an expired one, 404 off the air.
    """
    now = timezone.now()
    signed = is_signed(channel_subject(name), token, now)
    if signed is False:
        return _problem(403, "This address was not made by this server.")
    if signed is None:
        return _problem(410, "This address has expired. Ask for a new one.")
    try:
        channel = get_watchable_channel(AnonymousUser(), name)
    except NotWatchable:
        return _problem(404, "No such channel.")
    broadcast = broadcast_shown(AnonymousUser(), channel)
    if broadcast is None:
        return _problem(404, "This channel is off the air.")
    if not gates.gate_of(broadcast.visibility).is_open:
        return _problem(403, "This broadcast is not for everybody.")
    expires_at = datetime.fromtimestamp(int(token.partition("-")[0]), UTC)
    response = HttpResponseRedirect(path_until(broadcast, expires_at))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-store"
    return response


def _problem(status: int, detail: str) -> JsonResponse:
    """RFC 9457."""
    return JsonResponse({"status": status, "detail": detail}, status=status, content_type="application/problem+json")
