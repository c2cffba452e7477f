"""The page of an overlay, and the lines it asks for: the key in the address says of which room, cookies say nothing."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.forms import BooleanField, Form, IntegerField
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import history, kinds, overlays
from chat.access import get_overlaid_room, whole_number
from chat.errors import NotThere
from chat.models import Room

SIZES, DEFAULT_SIZE = (50, 300), 100
FADES, DEFAULT_FADE_S = (0, 600), 30
View = Callable[[HttpRequest, str], HttpResponse]


class OverlayOptions(Form):
    """What the address says after the key; nonsense is as good as nothing."""

    size = IntegerField(min_value=SIZES[0], max_value=SIZES[1])
    fade = IntegerField(min_value=FADES[0], max_value=FADES[1])
    no_commands = BooleanField(required=False)
    no_notices = BooleanField(required=False)

    def chosen(self) -> dict[str, int | bool]:
        self.full_clean()
        return {"size": DEFAULT_SIZE, "fade": DEFAULT_FADE_S} | self.cleaned_data


def _is_nobodys(view: View) -> View:
    """The key is in the address: it isn't told to any other page, nor kept by anything on the way."""

    @wraps(view)
    def answer(request: HttpRequest, key: str) -> HttpResponse:
        response = view(request, key)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answer


@require_safe
@never_cache
@_is_nobodys
def show(request: HttpRequest, key: str) -> HttpResponse:
    """A transparent page for OBS. An address that is worthless says so, as small as can be: it may be on air."""
    try:
        room = get_overlaid_room(key)
    except NotThere:
        return render(request, "chat/overlay.html", {"is_gone": True}, status=404)
    context = {
        "key": key,
        "topic": overlays.topic_of(room),
        "options": OverlayOptions(request.GET).chosen(),
        "chat_kinds": list(kinds.all_kinds()),
        "channel": room.channel,
        "entry": _describe_entry(room, timezone.now()),
    }
    return render(request, "chat/overlay.html", context)


def _describe_entry(room: Room, now: datetime) -> dict[str, Any]:
    """The last lines and how old they are: the clock of the machine that shows them may be wrong."""
    rows = history.last_lines(room, now, overlays.reader_of(room))
    aged = [row | {"age_s": (now - datetime.fromisoformat(row["at"])).total_seconds()} for row in rows]
    return {"lines": aged, "last_seq": history.last_shown_seq(room, now)}


@require_safe
@never_cache
@_is_nobodys
def lines(request: HttpRequest, key: str) -> HttpResponse:
    """The last lines of the room, or with `?after=` what came since."""
    now = timezone.now()
    try:
        room = get_overlaid_room(key)
    except NotThere as error:
        return JsonResponse({"error": {"code": error.code, "message": str(error.message)}}, status=404)
    reader, after = overlays.reader_of(room), whole_number(request.GET.get("after"))
    found = history.lines_after(room, after, now, reader) if after else history.last_lines(room, now, reader)
    gone = history.gone_before(room, after) if after else []
    return JsonResponse({"lines": found, "gone": gone, "last_seq": history.last_shown_seq(room, now)})
