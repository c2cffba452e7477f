"""Every URL of the house. `/ingest/` is for the ingest's relay alone; the edge answers 404 there."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("streaming.api_urls")),
    path("ingest/hooks/", include("streaming.hook_urls")),
    path("", include("pages.urls")),
]
