from django.urls import path

from streaming.recordings import api

urlpatterns = [
    path("broadcasts/<uuid:broadcast_id>/recording", api.recording, name="recording"),
    path("broadcasts/<uuid:broadcast_id>/recording/master.m3u8", api.playlist, name="recording-playlist"),
    path("broadcasts/<uuid:broadcast_id>/recording/storyboard.vtt", api.storyboard, name="recording-storyboard"),
    path("broadcasts/<uuid:broadcast_id>/recording/<slug:name>.m3u8", api.rendition, name="recording-rendition"),
]
