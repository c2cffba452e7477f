from django.contrib.auth import views as auth_views
from django.urls import path

from pages import studio, views

urlpatterns = [
    path("", views.home, name="home"),
    path("@<slug:name>", views.watch, name="watch"),
    path("studio/", studio.show, name="studio"),
    path("studio/status", studio.status, name="studio-status"),
    path("studio/key", studio.show_key, name="studio-key"),
    path("studio/end", studio.end, name="studio-end"),
    path("studio/reset-key", studio.reset_key, name="studio-reset-key"),
    path("accounts/login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
]
