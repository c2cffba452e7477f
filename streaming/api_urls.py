from django.urls import path

from streaming import api

urlpatterns = [
    path("broadcasts/<uuid:broadcast_id>/state", api.broadcast_state, name="broadcast-state"),
    path("channels/<slug:name>/state", api.channel_state, name="channel-state"),
    path("channels/<slug:name>/playlist/<str:token>/master.m3u8", api.channel_playlist, name="channel-playlist"),
]
