from django.urls import path

from chat import overlay_views, replay_views, views

urlpatterns = [
    path("rooms/<int:room_id>/lines", views.lines, name="chat-lines"),
    path("rooms/<int:room_id>/card", views.card, name="chat-card"),
    path("rooms/<int:room_id>/log", views.log, name="chat-log"),
    path("rooms/<int:room_id>/held", views.held, name="chat-held"),
    path("overlays/<slug:key>", overlay_views.show, name="chat-overlay"),
    path("overlays/<slug:key>/lines", overlay_views.lines, name="chat-overlay-lines"),
    path("broadcasts/<uuid:broadcast_id>/lines", replay_views.lines, name="chat-replay-lines"),
]
