from chat.models.emotes import Emote
from chat.models.messages import Message
from chat.models.order import HeldMessage, ModeratorNote, Sanction
from chat.models.rooms import Audience, Room

__all__ = ["Audience", "Emote", "HeldMessage", "Message", "ModeratorNote", "Room", "Sanction"]
