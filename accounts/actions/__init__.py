"""The use cases of accounts. Pages, the admin, commands and tasks all call these."""

from accounts.actions.channels import (
    approve_channel,
    edit_channel,
    lift_suspension,
    mark_suspended,
    open_channel,
    open_own_channel,
    raise_key_version,
    set_channel_picture,
)
from accounts.actions.crew import appoint, dismiss, resign
from accounts.actions.people import (
    block,
    change_address,
    drop_second_factor,
    edit_profile,
    end_sessions,
    make_administrator,
    restore_user,
    set_avatar,
    suspend_user,
    unblock,
)
from accounts.actions.words import block_word, unblock_word

__all__ = [
    "appoint",
    "approve_channel",
    "block",
    "block_word",
    "change_address",
    "dismiss",
    "drop_second_factor",
    "edit_channel",
    "edit_profile",
    "end_sessions",
    "lift_suspension",
    "make_administrator",
    "mark_suspended",
    "open_channel",
    "open_own_channel",
    "raise_key_version",
    "resign",
    "restore_user",
    "set_avatar",
    "set_channel_picture",
    "suspend_user",
    "unblock",
    "unblock_word",
]
