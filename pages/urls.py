from django.contrib.auth import views as auth_views
from django.urls import path

from pages import discovery, studio, studio_figures, studio_schedule, views

urlpatterns = [
    path("", discovery.home, name="home"),
    path("upcoming", discovery.upcoming, name="upcoming"),
    path("categories", discovery.categories, name="categories"),
    path("categories/<slug:slug>", discovery.category, name="category"),
    path("tags/<str:name>", discovery.tag, name="tag"),
    path("search", discovery.find, name="search"),
    path("@<slug:name>", views.watch, name="watch"),
    path("@<slug:name>/<uuid:broadcast_id>", views.watch_broadcast, name="watch-broadcast"),
    path("@<slug:name>/follow", views.follow, name="follow"),
    path("@<slug:name>/past", views.past, name="past"),
    path("@<slug:name>/schedule", views.schedule, name="schedule"),
    path("@<slug:name>/schedule.ics", views.schedule_calendar, name="schedule-calendar"),
    path("@<slug:name>/schedule/<uuid:scheduled_id>", views.event, name="event"),
    path("@<slug:name>/schedule/<uuid:scheduled_id>.ics", views.event_file, name="event-file"),
    path("studio/", studio.show, name="studio"),
    path("studio/status", studio.status, name="studio-status"),
    path("studio/key", studio.show_key, name="studio-key"),
    path("studio/end", studio.end, name="studio-end"),
    path("studio/reset-key", studio.reset_key, name="studio-reset-key"),
    path("studio/details", studio.describe, name="studio-details"),
    path("studio/visibility", studio.change_visibility, name="studio-visibility"),
    path("studio/go-public", studio.go_public, name="studio-go-public"),
    path("studio/rates", studio_figures.rates, name="studio-rates"),
    path("studio/plots", studio_figures.current, name="studio-current-plots"),
    path("studio/broadcasts", studio_figures.past, name="studio-broadcasts"),
    path("studio/broadcasts/<uuid:broadcast_id>", studio_figures.show, name="studio-broadcast"),
    path("studio/broadcasts/<uuid:broadcast_id>/plots", studio_figures.plots, name="studio-plots"),
    path("studio/schedule", studio_schedule.show, name="studio-schedule"),
    path("studio/schedule/<uuid:scheduled_id>", studio_schedule.edit, name="studio-event"),
    path("studio/schedule/<uuid:scheduled_id>/cancel", studio_schedule.cancel, name="studio-event-cancel"),
    path("accounts/login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
]
