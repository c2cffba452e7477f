"""Telling open pages what happened in a room once it is committed."""

from datetime import datetime

from chat.models import Message
from chat.showing import describe_message
from realtime import publish_on_commit


def announce_line(message: Message, now: datetime) -> None:
    """Show a line to everybody in the room."""
    publish_on_commit(message.room.topic, describe_message(message))
