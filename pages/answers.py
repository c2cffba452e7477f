"""What views of people's own things share."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.errors import AccountsError, NotThere
from accounts.models import User
from realtime.errors import CommandRefused
from streaming.recordings.errors import RecordingError


def user_of(request: HttpRequest) -> User:
    """Who asks, behind login_required."""
    assert isinstance(request.user, User)
    return request.user


@contextmanager
def or_404() -> Iterator[None]:
    """What isn't there for this person is there for nobody."""
    try:
        yield
    except NotThere as error:
        raise Http404 from error


@contextmanager
def refusal_told(request: HttpRequest) -> Iterator[None]:
    """What is refused isn't done, and the next page says why."""
    try:
        yield
    except (AccountsError, CommandRefused, RecordingError) as error:
        messages.error(request, str(error.message))


def back_to(request: HttpRequest, fallback: str) -> HttpResponse:
    """Where the form says that it came from, if that is here."""
    url = request.POST.get("next", "")
    return redirect(url if url_has_allowed_host_and_scheme(url, allowed_hosts=None) else fallback)


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")
