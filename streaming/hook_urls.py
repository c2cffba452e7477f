from django.urls import path

from streaming import hooks

urlpatterns = [
    path("publish", hooks.publish, name="hook-publish"),
    path("play", hooks.play, name="hook-play"),
    path("update", hooks.update, name="hook-update"),
    path("publish_done", hooks.publish_done, name="hook-publish-done"),
]
