from chat.models.emotes import Emote
from chat.models.messages import Message
from chat.models.order import HeldMessage, ModeratorNote, Sanction
from chat.models.polls import Poll, PollVote
from chat.models.raids import Raid, RaidSetup
from chat.models.reading import HiddenPerson
from chat.models.rooms import Audience, Room

__all__ = [
    "Audience",
    "Emote",
    "HeldMessage",
    "HiddenPerson",
    "Message",
    "ModeratorNote",
    "Poll",
    "PollVote",
    "Raid",
    "RaidSetup",
    "Room",
    "Sanction",
]
