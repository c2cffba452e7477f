from chat.models.messages import Message
from chat.models.rooms import Audience, Room

__all__ = ["Audience", "Message", "Room"]
