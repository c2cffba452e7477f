"""The use cases of chat. Commands, pages, the admin and tasks all call these."""

from chat.actions.posting import post_message
from chat.actions.rooms import open_main_room

__all__ = ["open_main_room", "post_message"]
