"""What players read of recordings. Each answer is for one viewer, and is kept by nobody."""

import gzip
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from streaming.errors import NotWatchable
from streaming.recordings.access import Replay, get_replay
from streaming.recordings.showing import describe_replay, render_master, render_rendition, render_storyboard

PLAYLIST, WEBVTT = "application/vnd.apple.mpegurl", "text/vtt; charset=utf-8"
_WORTH_PACKING = 2000


@require_safe
@never_cache
def recording(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """What there is to play of a broadcast's recordings, and until when the addresses are good."""
    try:
        replay = get_replay(request.user, broadcast_id)
    except NotWatchable:
        return _not_found()
    return JsonResponse(describe_replay(replay, timezone.now()))


@require_safe
@never_cache
def playlist(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    return _text(request, broadcast_id, PLAYLIST, render_master)


@require_safe
@never_cache
def rendition(request: HttpRequest, broadcast_id: UUID, name: str) -> HttpResponse:
    return _text(request, broadcast_id, PLAYLIST, lambda replay: render_rendition(replay, name, timezone.now()))


@require_safe
@never_cache
def storyboard(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    return _text(request, broadcast_id, WEBVTT, lambda replay: render_storyboard(replay, timezone.now()))


def _text(request: HttpRequest, broadcast_id: UUID, kind: str, render: Callable[[Replay], str]) -> HttpResponse:
    try:
        data = render(get_replay(request.user, broadcast_id)).encode()
    except NotWatchable:
        return _not_found()
    response = HttpResponse(data, content_type=kind)
    response["Access-Control-Allow-Origin"] = "*"
    if len(data) > _WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", ""):
        # The same long address stands in it hundreds of times.
        response.content = gzip.compress(data, 5)
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding, Cookie"
    return response


def _not_found() -> JsonResponse:
    """RFC 9457."""
    body = {"status": 404, "detail": "No such recording."}
    return JsonResponse(body, status=404, content_type="application/problem+json")
