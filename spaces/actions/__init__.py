"""The use cases of Spaces. Commands, pages, the admin and the conductor all call these."""

from spaces.actions.leaving import end_leaderless, note_gone, remove_person
from spaces.actions.running import Plan, call_off, change, end, open_now, open_planned, plan, record, relay
from spaces.actions.stage import (
    accept,
    come_back,
    decline,
    hand_over,
    invite,
    lock_stage,
    lower_hand,
    move_down,
    raise_hand,
    set_cohost,
    silence,
    step_down,
)

__all__ = [
    "Plan",
    "accept",
    "call_off",
    "change",
    "come_back",
    "decline",
    "end",
    "end_leaderless",
    "hand_over",
    "invite",
    "lock_stage",
    "lower_hand",
    "move_down",
    "note_gone",
    "open_now",
    "open_planned",
    "plan",
    "raise_hand",
    "record",
    "relay",
    "remove_person",
    "set_cohost",
    "silence",
    "step_down",
]
