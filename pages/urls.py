from django.contrib.auth import views as auth_views
from django.urls import path

from pages import replays, studio, studio_recordings, views

urlpatterns = [
    path("", views.home, name="home"),
    path("@<slug:name>", views.watch, name="watch"),
    path("@<slug:name>/<uuid:broadcast_id>", views.watch_broadcast, name="watch-broadcast"),
    path("@<slug:name>/<uuid:broadcast_id>/delete", replays.delete, name="replay-delete"),
    path("@<slug:name>/<uuid:broadcast_id>/keep", replays.keep, name="replay-keep"),
    path("@<slug:name>/<uuid:broadcast_id>/download", replays.want_download, name="replay-download"),
    path("@<slug:name>/replays", replays.show_list, name="replays"),
    path("studio/recordings", studio_recordings.show, name="studio-recordings"),
    path("studio/recordings/list", studio_recordings.show_list, name="studio-recordings-list"),
    path("studio/recordings/policy", studio_recordings.change_policy, name="studio-recording-policy"),
    path("studio/", studio.show, name="studio"),
    path("studio/status", studio.status, name="studio-status"),
    path("studio/key", studio.show_key, name="studio-key"),
    path("studio/end", studio.end, name="studio-end"),
    path("studio/reset-key", studio.reset_key, name="studio-reset-key"),
    path("accounts/login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
]
