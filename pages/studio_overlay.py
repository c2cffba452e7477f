"""The overlays of a channel's rooms, as the studio's chat page shows and changes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Channel
from chat import actions, overlays
from chat.access import get_channel_room
from chat.models import Audience, Room
from chat.overlay_views import OverlayOptions
from pages.answers import or_404, user_of
from pages.studio import channel_or_404, own_channel_or_404


@dataclass(frozen=True)
class ShownOverlay:
    """A room and the address of its overlay; empty before one was made."""

    room: Room
    url: str

    @property
    def shows_closed(self) -> bool:
        return self.room.overlay_read_by != Audience.EVERYONE


def overlays_of(channel: Channel) -> list[ShownOverlay]:
    """Of all rooms but the moderators' own."""
    return [
        ShownOverlay(room, _address_of(room))
        for room in channel.rooms.filter(place="")
        if room.read_by != Audience.MODERATORS
    ]


def _address_of(room: Room) -> str:
    key = overlays.key_of(room)
    return settings.PUBLIC_URL + reverse("chat-overlay", args=[key]) if key else ""


def overlay_context(channel: Channel) -> dict[str, Any]:
    return {
        "overlays": overlays_of(channel),
        "options": OverlayOptions({}).chosen(),
        "entry": {"lines": list(_samples())},
        "overlay_sizes": (75, 100, 125, 150, 200, 300),
        "overlay_fades": (10, 30, 60, 120, 300),
    }


def _samples() -> Iterator[dict[str, Any]]:
    """What the preview shows, over and over."""
    said: dict[str, Any] = {"kind": "said", "badges": [], "reply": None, "facts": {}, "at": timezone.now().isoformat()}
    people = [
        {"id": number, "name": name, "shown": name, "hue": 3 * number}
        for number, name in enumerate(("Ada", "Bo", "Cleo"))
    ]
    texts = (_("Good evening from the sea!"), "!song", _("What a goal 🎉 that was the best one of the whole season"))
    for author, text in zip(people, texts, strict=True):
        yield said | {"author": author, "text": text}
    yield said | {"kind": "followed", "author": None, "text": "", "facts": {"person": "Dee"}}


@require_POST
@login_required
def renew(request: HttpRequest, name: str, room_id: int) -> HttpResponse:
    """Make the address of an overlay, or make the present one worthless."""
    channel = channel_or_404(request, name)
    with or_404():
        room = get_channel_room(channel, room_id)
    actions.renew_overlay(room=room, by=user_of(request))
    messages.success(request, _("The overlay's address is new. Copy it into OBS."))
    return redirect("studio-chat", name)


@require_POST
@login_required
def choose_readers(request: HttpRequest, name: str, room_id: int) -> HttpResponse:
    """Whether what only followers or subscribers could read is shown to everybody who watches: the owner's to say."""
    with or_404():
        room = get_channel_room(own_channel_or_404(request, name), room_id)
    audience = Audience.SUBSCRIBERS if request.POST.get("closed") else Audience.EVERYONE
    actions.choose_overlay_readers(room=room, by=user_of(request), audience=audience)
    messages.success(request, _("Saved."))
    return redirect("studio-chat", name)
