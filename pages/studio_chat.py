"""The studio's chat page: rooms, emotes, and words that aren't wanted."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.actions import block_word, unblock_word
from accounts.errors import AccountsError
from accounts.models import Channel
from chat import actions, kinds
from chat.access import get_channel_room, get_emote, get_word
from chat.errors import ChatError
from chat.models import Emote
from chat.raiding import raids_from
from pages.answers import or_404, refusal_told, user_of
from pages.chat_forms import EmoteForm, RaidSetupForm, RoomForm, WordForm
from pages.lists import page_of
from pages.studio import channel_or_404, frame
from pages.studio_overlay import overlay_context

UPLOADS_AN_HOUR = 60
Save = Callable[[], object]


@require_safe
@never_cache
@login_required
def show(request: HttpRequest, name: str) -> HttpResponse:
    return _render(request, channel_or_404(request, name))


def _render(request: HttpRequest, channel: Channel, **bound: Any) -> HttpResponse:
    actions.open_main_room(channel=channel)
    rooms = channel.rooms.filter(place="")
    forms = {
        "room_form": RoomForm(prefix="room"),
        "emote_form": EmoteForm(),
        "word_form": WordForm(prefix="word"),
        "raid_form": RaidSetupForm(instance=raids_from(channel), prefix="raid"),
    }
    context = frame(request, channel, "chat") | forms | bound
    context |= {
        "rooms": [
            (room, bound.get(f"room_{room.pk}") or RoomForm(instance=room, prefix=f"r{room.pk}")) for room in rooms
        ],
        "emotes": Emote.objects.filter(channel=channel),
        "words": page_of(request, channel.blocked_words.all()),
        "chat_kinds": list(kinds.all_kinds()),
    }
    context |= overlay_context(channel)
    return render(request, "pages/studio/chat.html", context, status=422 if bound else 200)


def _saved(request: HttpRequest, channel: Channel, form: BaseForm, name: str, save: Save) -> HttpResponse:
    """Have a valid form saved, or show what is wrong with it."""
    if form.is_valid():
        try:
            save()
        except (ChatError, AccountsError) as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("studio-chat", channel.name)
    return _render(request, channel, **{name: form})


@require_POST
@login_required
def open_room(request: HttpRequest, name: str) -> HttpResponse:
    channel, by = channel_or_404(request, name), user_of(request)
    form = RoomForm(request.POST, prefix="room")
    return _saved(
        request, channel, form, "room_form", lambda: actions.open_room(channel=channel, by=by, facts=form.cleaned_data)
    )


@require_POST
@login_required
def change_room(request: HttpRequest, name: str, room_id: int) -> HttpResponse:
    channel, by = channel_or_404(request, name), user_of(request)
    with or_404():
        room = get_channel_room(channel, room_id)
    form = RoomForm(request.POST, instance=room, prefix=f"r{room.pk}")

    def save() -> None:
        actions.change_room(room=room, by=by, changes=form.cleaned_data, now=timezone.now())

    return _saved(request, channel, form, f"room_{room.pk}", save)


@require_POST
@login_required
def close_room(request: HttpRequest, name: str, room_id: int) -> HttpResponse:
    channel = channel_or_404(request, name)
    with or_404():
        room = get_channel_room(channel, room_id)
    with refusal_told(request):
        actions.close_room(room=room, by=user_of(request))
        messages.success(request, _("The room is closed."))
    return redirect("studio-chat", name)


@require_http_methods(["POST"])
@login_required
def add_emote(request: HttpRequest, name: str) -> HttpResponse:
    channel, by = channel_or_404(request, name), user_of(request)
    form = EmoteForm(request.POST, request.FILES)

    def save() -> None:
        limits.count("emotes", by.pk, at_most=UPLOADS_AN_HOUR, within_s=3600)
        facts = form.cleaned_data
        is_for_subscribers = facts["is_for_subscribers"]
        actions.add_emote(
            channel=channel, by=by, code=facts["code"], drawing=facts["picture"], is_for_subscribers=is_for_subscribers
        )

    return _saved(request, channel, form, "emote_form", save)


@require_POST
@login_required
def remove_emote(request: HttpRequest, name: str, emote_id: int) -> HttpResponse:
    channel = channel_or_404(request, name)
    with or_404():
        emote = get_emote(channel, emote_id)
    actions.remove_emote(emote=emote, by=user_of(request))
    return redirect("studio-chat", name)


@require_POST
@login_required
def add_word(request: HttpRequest, name: str) -> HttpResponse:
    channel, by = channel_or_404(request, name), user_of(request)
    form = WordForm(request.POST, prefix="word")
    return _saved(request, channel, form, "word_form", lambda: block_word(channel=channel, by=by, word=form.instance))


@require_POST
@login_required
def remove_word(request: HttpRequest, name: str, word_id: int) -> HttpResponse:
    channel = channel_or_404(request, name)
    with or_404():
        word = get_word(channel, word_id)
    unblock_word(word=word, by=user_of(request))
    return redirect("studio-chat", name)
