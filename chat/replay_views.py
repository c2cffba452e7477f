"""The lines that run beside a recording."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import limits
from accounts.errors import TooMany
from chat import replays
from chat.access import get_replayed_room, whole_number
from chat.errors import ChatError, NotThere
from chat.gates import reads_as

# Who seeks asks once a jump, who watches once in a hundred lines.
PAGES_A_MINUTE = 240
# Beyond it there is no date.
_LATEST_MS = 253_402_300_799_000


@require_safe
@never_cache
def lines(request: HttpRequest, broadcast_id: UUID) -> JsonResponse:
    """A page of what was said during a broadcast: `?at=` a time of day in ms, or `?after=` a line."""
    try:
        limits.count("chat-replay", request.META["REMOTE_ADDR"], at_most=PAGES_A_MINUTE, within_s=60)
        replayed = get_replayed_room(request.user, broadcast_id, timezone.now())
    except NotThere as error:
        raise Http404 from error
    except (ChatError, TooMany) as error:
        code = error.code if isinstance(error, ChatError) else "too_many"
        status = 403 if isinstance(error, ChatError) else 429
        return JsonResponse({"error": {"code": code, "message": str(error.message)}}, status=status)
    room, span, reader = replayed.room, replayed.span, reads_as(replayed.standing)
    if after := whole_number(request.GET.get("after")):
        return JsonResponse(replays.page_after(room, span, after, reader))
    at_ms = min(whole_number(request.GET.get("at")) or 0, _LATEST_MS)
    at = datetime.fromtimestamp(at_ms / 1000, tz=UTC) if at_ms else span.starts_at
    return JsonResponse(replays.page_at(room, span, at, reader))
