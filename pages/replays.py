"""Broadcasts that are over: watching one again, a channel's list of them, and what those who run it do with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Channel
from accounts.roles import can_edit
from chat.entering import replay_context
from pages.answers import refusal_told, user_of
from pages.lists import page_of
from streaming import gates
from streaming.access import get_watchable_channel
from streaming.errors import NotWatchable
from streaming.models import Broadcast
from streaming.recordings import actions
from streaming.recordings.access import Replay, get_downloadable_replay, get_own_broadcast, get_replay, may_download
from streaming.recordings.models import Recording
from streaming.recordings.problems import MESSAGES, STOPPED
from streaming.recordings.showing import describe_replay, downloads_of, posters_of

KEEP_CHOICES = (7, 30, 90, 365)


def replays_of(channel: Channel) -> QuerySet[Broadcast]:
    """A channel's broadcasts that can be watched again and that lists may name, newest first, each with its length."""
    ready = Broadcast.objects.seen_by_all().filter(channel=channel, state=Broadcast.State.ENDED)
    ready = ready.filter(recordings__state=Recording.State.READY)
    ready = ready.annotate(recorded_s=Sum("recordings__duration_s"))
    return ready.select_related("channel").order_by("-started_at")


@dataclass(frozen=True)
class ReplayCard:
    """A broadcast to watch again, as lists show it; `poster` is empty where not everybody may see it."""

    broadcast: Broadcast
    poster: str


def replay_cards(broadcasts: Iterable[Broadcast], now: datetime) -> list[ReplayCard]:
    """With one query for all pictures."""
    rows = list(broadcasts)
    posters = posters_of(rows, now)
    return [ReplayCard(broadcast, posters.get(broadcast.pk, "")) for broadcast in rows]


@require_safe
def show_list(request: HttpRequest, name: str) -> HttpResponse:
    """What a channel has to watch again."""
    try:
        channel = get_watchable_channel(request.user, name)
    except NotWatchable as error:
        raise Http404 from error
    page = page_of(request, replays_of(channel))
    context = {"channel": channel, "replays": replay_cards(page, timezone.now()), "page": page}
    return render(request, "pages/replays.html", context)


def show(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """A broadcast that is over, at the address it had."""
    now = timezone.now()
    try:
        replay = get_replay(request.user, broadcast.pk)
    except NotWatchable as error:
        raise Http404 from error
    described = describe_replay(replay, now)
    is_editor = can_edit(request.user, broadcast.channel)
    downloads = downloads_of(replay, now) if may_download(request.user, broadcast) else []
    context = {
        "broadcast": broadcast,
        "channel": broadcast.channel,
        "recording": described,
        "is_kept_out": not gates.may_watch(request.user, broadcast),
        "gate": gates.gate_of(broadcast.visibility),
        "is_editor": is_editor,
        "notes": _notes(replay, is_editor),
        "keep_until": max((one.keep_until for one in replay.recordings if one.keep_until), default=None),
        "keep_choices": KEEP_CHOICES,
        "may_download": may_download(request.user, broadcast),
        "downloads": downloads,
        "download_states": {one.download_state for one in replay.playable},
        "size": sum(one.size_bytes for one in replay.recordings),
        "others": replay_cards(replays_of(broadcast.channel).exclude(pk=broadcast.pk)[:4], now),
        **replay_context(request.user, replay, now),
    }
    return render(request, "pages/replay.html", context)


def _notes(replay: Replay, is_editor: bool) -> list[Any]:
    """What is to be said of a recording: why it ends early, and to those who run the channel what goes wrong."""
    notes = [STOPPED.get(one.stop_reason) for one in replay.recordings]
    failed = [one for one in replay.recordings if is_editor or one.state == Recording.State.FAILED]
    notes += [MESSAGES.get(one.problem) for one in failed]
    return [note for note in dict.fromkeys(notes) if note]


@require_POST
@login_required
def delete(request: HttpRequest, name: str, broadcast_id: UUID) -> HttpResponse:
    broadcast = _own_or_404(request, name, broadcast_id)
    with refusal_told(request):
        actions.delete_replay(broadcast=broadcast, by=user_of(request), now=timezone.now())
        messages.success(request, _("The recording is deleted."))
    return redirect("watch-broadcast", name, broadcast_id)


@require_POST
@login_required
def keep(request: HttpRequest, name: str, broadcast_id: UUID) -> HttpResponse:
    """Keep it for so many days from now, or for ever."""
    broadcast = _own_or_404(request, name, broadcast_id)
    days = request.POST.get("days", "")
    with refusal_told(request):
        wanted = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else (None if days == "" else 0)
        actions.keep_replay(broadcast=broadcast, days=wanted, by=user_of(request), now=timezone.now())
        messages.success(request, _("Saved."))
    return redirect("watch-broadcast", name, broadcast_id)


@require_POST
@login_required
def want_download(request: HttpRequest, name: str, broadcast_id: UUID) -> HttpResponse:
    """Have the MP4 file made. For whoever may download it and is logged in."""
    try:
        replay = get_downloadable_replay(request.user, broadcast_id)
    except NotWatchable as error:
        raise Http404 from error
    if replay.broadcast.channel.name != name:
        raise Http404
    with refusal_told(request):
        actions.want_download(broadcast=replay.broadcast, now=timezone.now())
        messages.success(request, _("The file is being made. It can be downloaded here in a moment."))
    return redirect("watch-broadcast", name, broadcast_id)


def recordings_of(channel: Channel) -> QuerySet[Recording]:
    """For the studio: a channel's recordings, newest first."""
    rows = Recording.objects.shown().filter(broadcast__channel=channel).select_related("broadcast__channel")
    return rows.order_by(F("broadcast__started_at").desc(), "-started_at", "pk")


def _own_or_404(request: HttpRequest, name: str, broadcast_id: UUID) -> Broadcast:
    try:
        broadcast = get_own_broadcast(request.user, broadcast_id)
    except NotWatchable as error:
        raise Http404 from error
    if broadcast.channel.name != name:
        raise Http404
    return broadcast
