from chat.models.messages import Message
from chat.models.order import HeldMessage, ModeratorNote, Sanction
from chat.models.rooms import Audience, Room

__all__ = ["Audience", "HeldMessage", "Message", "ModeratorNote", "Room", "Sanction"]
