"""The site with one page more that does nothing, for bench/pages.py to compare with."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, resolvers

from config import urls
from config.asgi import application

__all__ = ["application"]


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


added: list[resolvers.URLPattern | resolvers.URLResolver] = [*urls.urlpatterns, path("bench/empty", empty)]
urls.urlpatterns = added  # type: ignore[assignment]
