"""The studio's page of recordings: what is kept, how far it is, and what the channel keeps from now on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Channel
from pages.answers import refusal_told, user_of
from pages.lists import page_of
from pages.replays import recordings_of
from pages.studio import channel_or_404, frame
from streaming.recordings import actions
from streaming.recordings.models import Recording
from streaming.recordings.problems import MESSAGES, STOPPED, TASKS

_PER_PAGE = 20


class PolicyForm(forms.Form):
    """What a channel keeps."""

    is_on = forms.BooleanField(required=False)
    keep_days = forms.IntegerField(required=False, min_value=1, max_value=actions.LONGEST_KEEP_DAYS)
    viewers_may_download = forms.BooleanField(required=False)


@require_safe
@never_cache
@login_required
def show(request: HttpRequest, name: str) -> HttpResponse:
    channel = channel_or_404(request, name)
    context = _list(request, channel) | {"form": _form_of(channel)}
    return render(request, "pages/studio_recordings.html", context)


@require_safe
@never_cache
@login_required
def show_list(request: HttpRequest, name: str) -> HttpResponse:
    """The part of the page that changes by itself, for the page to fetch anew."""
    return render(request, "pages/_studio_recordings.html", _list(request, channel_or_404(request, name)))


@require_POST
@login_required
def change_policy(request: HttpRequest, name: str) -> HttpResponse:
    channel = channel_or_404(request, name)
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return render(request, "pages/studio_recordings.html", _list(request, channel) | {"form": form}, status=422)
    with refusal_told(request):
        actions.change_policy(channel=channel, by=user_of(request), **form.cleaned_data)
        messages.success(request, _("Saved. It counts from the next broadcast on."))
    return redirect("studio-recordings", channel.name)


def _form_of(channel: Channel) -> PolicyForm:
    return PolicyForm(initial=model_to_dict(actions.policy_of(channel)))


def _list(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    page = page_of(request, recordings_of(channel), _PER_PAGE)
    rows = [
        {"recording": recording, "notes": _notes(recording), "task": TASKS.get(recording.task)} for recording in page
    ]
    return frame(request, channel, "recordings") | {"page": page, "rows": rows, "now": timezone.now()}


def _notes(recording: Recording) -> list[Any]:
    return [note for note in (STOPPED.get(recording.stop_reason), MESSAGES.get(recording.problem)) if note]
