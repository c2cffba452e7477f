"""The site's URLs and one more, behind which is nothing: what bench/pages.py compares with."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as site


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [*site, path("bench/empty", empty)]
