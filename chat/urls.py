from django.urls import path

from chat import views

urlpatterns = [
    path("rooms/<int:room_id>/lines", views.lines, name="chat-lines"),
    path("rooms/<int:room_id>/card", views.card, name="chat-card"),
    path("rooms/<int:room_id>/log", views.log, name="chat-log"),
    path("rooms/<int:room_id>/held", views.held, name="chat-held"),
]
