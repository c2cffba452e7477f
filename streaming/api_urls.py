from django.urls import include, path

from streaming import api

urlpatterns = [
    path("", include("streaming.recordings.api_urls")),
    path("broadcasts/<uuid:broadcast_id>/state", api.broadcast_state, name="broadcast-state"),
    path("channels/<slug:name>/state", api.channel_state, name="channel-state"),
    path("places/<slug:place>/state", api.place_state, name="place-state"),
    path("places/<slug:place>/state/own", api.own_place_state, name="own-place-state"),
    path("broadcasts/<uuid:broadcast_id>/state/own", api.own_broadcast_state, name="own-broadcast-state"),
    path("channels/<slug:name>/state/own", api.own_channel_state, name="own-channel-state"),
    path("channels/<slug:name>/playlist/<str:token>/master.m3u8", api.channel_playlist, name="channel-playlist"),
]
