"""What people do with ads: the use cases, in one place for pages, the admin and tasks."""

from ads.breaks import call_break, snooze
from ads.buying import refund_unused, top_up
from ads.charging import clear, reverse
from ads.choosing import choose
from ads.creatives import add_card, add_video, remove
from ads.reviewing import (
    approve,
    go_on,
    judge_creative,
    pause,
    refuse,
    register,
    reject,
    submit,
    switch,
    verify,
)

__all__ = [
    "add_card",
    "add_video",
    "approve",
    "call_break",
    "choose",
    "clear",
    "go_on",
    "judge_creative",
    "pause",
    "refund_unused",
    "refuse",
    "register",
    "reject",
    "remove",
    "reverse",
    "snooze",
    "submit",
    "switch",
    "top_up",
    "verify",
]
