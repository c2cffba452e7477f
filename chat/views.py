"""What pages ask for over HTTP: the lines they don't have."""

from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import history
from chat.access import LARGEST_ID, get_readable_room
from chat.errors import ChatError, NotThere


@require_safe
@never_cache
def lines(request: HttpRequest, room_id: int) -> JsonResponse:
    """The last lines of a room; with `?after=`, what came since and what of the page's own is gone."""
    now = timezone.now()
    try:
        room, _standing = get_readable_room(request.user, room_id, now)
    except NotThere as error:
        raise Http404 from error
    except ChatError as error:
        return JsonResponse({"error": {"code": error.code, "message": str(error.message)}}, status=403)
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and int(after[:19]) <= LARGEST_ID:
        number = int(after[:19])
        facts = {"lines": history.lines_after(room, number, now), "gone": history.gone_before(room, number)}
    else:
        facts = {"lines": history.last_lines(room, now), "gone": []}
    return JsonResponse(facts | {"last_seq": history.last_shown_seq(room, now)})
