"""Lists in pages of so many."""

from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

T = TypeVar("T", bound=Model)

PER_PAGE = 24
MOST_PAGES = 500


def page_of(request: HttpRequest, rows: QuerySet[T], per_page: int = PER_PAGE, name: str = "page") -> Page[T]:
    """The page of a list that was asked for; the nearest there is for numbers out of range or none at all."""
    paginator: Paginator[Any] = Paginator(rows, per_page)
    asked = request.GET.get(name, "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    page = paginator.get_page(min(number, MOST_PAGES))
    page.object_list = list(page.object_list)
    return page
