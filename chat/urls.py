from django.urls import path

from chat import views

urlpatterns = [
    path("rooms/<int:room_id>/lines", views.lines, name="chat-lines"),
]
