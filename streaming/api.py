"""The JSON that pages and other players read."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from streaming.access import get_watchable_broadcast, get_watchable_channel
from streaming.errors import NotWatchable
from streaming.models import Broadcast
from streaming.playback import channel_subject, is_signed, path_until
from streaming.state import describe, describe_channel

_STATE_HEADERS = {"Cache-Control": "public, max-age=1", "Access-Control-Allow-Origin": "*"}


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
def channel_playlist(request: HttpRequest, name: str, token: str) -> HttpResponse:
    """Lead a player to the playlist of what a channel shows; 403 forged, 410 expired, 404 off the air."""
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
    broadcast = Broadcast.objects.select_related("channel").on_air().filter(channel=channel).first()
    if broadcast is None:
        return _problem(404, "This channel is off the air.")
    expires_at = datetime.fromtimestamp(int(token.partition("-")[0]), UTC)
    response = HttpResponseRedirect(path_until(broadcast, expires_at))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-store"
    return response


def _problem(status: int, detail: str) -> JsonResponse:
    """RFC 9457."""
    return JsonResponse({"status": status, "detail": detail}, status=status, content_type="application/problem+json")
