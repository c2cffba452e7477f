"""The use cases of chat. Commands, pages, the admin and tasks all call these."""

from chat.actions.emotes import add_emote, remove_emote
from chat.actions.hiding import hide_person, unhide_person
from chat.actions.moderating import (
    acknowledge_warnings,
    add_note,
    ban_user,
    clear_room,
    delete_message,
    lift_sanctions,
    pin_message,
    time_out_user,
    unpin,
    warn_user,
)
from chat.actions.modes import change_room, end_modes, lift_restriction, restrict_to_subscribers
from chat.actions.overlays import choose_overlay_readers, renew_overlay
from chat.actions.polls import cancel_poll, end_due_polls, end_poll, open_poll, vote
from chat.actions.posting import post_message
from chat.actions.raids import announce_raid, cancel_raid, choose_raids_from, send_due_raids, send_raid
from chat.actions.reviewing import decide
from chat.actions.rooms import close_room, open_main_room, open_room, open_room_at

__all__ = [
    "acknowledge_warnings",
    "add_emote",
    "add_note",
    "announce_raid",
    "ban_user",
    "cancel_poll",
    "cancel_raid",
    "change_room",
    "choose_overlay_readers",
    "choose_raids_from",
    "clear_room",
    "close_room",
    "decide",
    "delete_message",
    "end_due_polls",
    "end_modes",
    "end_poll",
    "hide_person",
    "lift_restriction",
    "lift_sanctions",
    "open_main_room",
    "open_poll",
    "open_room",
    "open_room_at",
    "pin_message",
    "post_message",
    "remove_emote",
    "renew_overlay",
    "restrict_to_subscribers",
    "send_due_raids",
    "send_raid",
    "time_out_user",
    "unhide_person",
    "unpin",
    "vote",
    "warn_user",
]
