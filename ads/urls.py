from django.urls import path

from ads import views

urlpatterns = [
    path("offer", views.offer, name="ad-offer"),
    path("event", views.event, name="ad-event"),
    path("click", views.click, name="ad-click"),
    path("pixel", views.pixel, name="ad-pixel"),
    path("vast/<int:channel_id>/<slug:format>.xml", views.vast, name="ad-vast"),
]
