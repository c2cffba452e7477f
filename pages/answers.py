"""What views of people's own things share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.errors import NotThere
from accounts.models import User

PER_PAGE = 30
M = TypeVar("M", bound=Model)
R = TypeVar("R")


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


def page_of(request: HttpRequest, rows: "QuerySet[M, R]", per_page: int = PER_PAGE) -> "Page[R]":
    """The page that `?page=` asks for; nonsense means the first or the last."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


def back_to(request: HttpRequest, fallback: str) -> HttpResponse:
    """Where the form says that it came from, if that is here."""
    url = request.POST.get("next", "")
    return redirect(url if url_has_allowed_host_and_scheme(url, allowed_hosts=None) else fallback)


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")
