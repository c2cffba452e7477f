"""Every URL of the house. `/ingest/` is for the ingest's relay alone; the edge answers 404 there."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from monetization.views import hook
from pages import overview

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/overview/", admin.site.admin_view(overview.show), name="admin-overview"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/", include("streaming.api_urls")),
    path("ingest/hooks/", include("streaming.hook_urls")),
    path("ads/", include("ads.urls")),
    path("money/hook", hook, name="money-hook"),
    path("", include("pages.urls")),
]
