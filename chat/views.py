"""What pages ask for over HTTP: the lines they don't have, and what moderators look up."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import history, lookups
from chat.access import get_moderated_room, get_readable_room, get_somebody, whole_number
from chat.errors import ChatError, ModeratorsAlone, NobodyByThatName, NotThere
from chat.gates import reads_as
from chat.models import Room
from chat.standing import standing_of


@require_safe
@never_cache
def lines(request: HttpRequest, room_id: int) -> JsonResponse:
    """The last lines of a room; with `?after=`, what came since and what of the page's own is gone."""
    now = timezone.now()
    try:
        room, standing = get_readable_room(request.user, room_id, now)
    except NotThere as error:
        raise Http404 from error
    except ChatError as error:
        return JsonResponse({"error": {"code": error.code, "message": str(error.message)}}, status=403)
    reader = reads_as(standing)
    facts: dict[str, Any] = {"lines": history.last_lines(room, now, reader), "gone": []}
    if after := whole_number(request.GET.get("after")):
        facts = {"lines": history.lines_after(room, after, now, reader), "gone": history.gone_before(room, after)}
    return JsonResponse(facts | {"last_seq": history.last_shown_seq(room, now)})


def _for_moderators(answer: Callable[[HttpRequest, Room], Any]) -> Callable[[HttpRequest, int], JsonResponse]:
    """What only those see who keep order in a room; for others there is nothing."""

    @require_safe
    @never_cache
    @login_required
    def view(request: HttpRequest, room_id: int) -> JsonResponse:
        try:
            room, _standing = get_moderated_room(request.user, room_id, timezone.now())
            return JsonResponse(answer(request, room))
        except (NotThere, ModeratorsAlone, NobodyByThatName) as error:
            raise Http404 from error

    return view


@_for_moderators
def card(request: HttpRequest, room: Room) -> Any:
    """What moderators know of `?user=`."""
    user = get_somebody(request.GET.get("user"))
    standing = standing_of(user, room.channel, timezone.now())
    return lookups.describe_card(standing, user, room.channel)


@_for_moderators
def log(request: HttpRequest, room: Room) -> Any:
    """What was done on the channel to keep order; `?before=` is the last entry of the page above."""
    return lookups.describe_log(room.channel, whole_number(request.GET.get("before")))


@_for_moderators
def held(request: HttpRequest, room: Room) -> Any:
    return {"held": lookups.describe_held(room.channel)}
