"""What Spaces do when an account is deleted or shut out, and what they know of a person."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from spaces import reminding
from spaces.actions import call_off, end, note_gone
from spaces.models import Part, Reminder, Space


def end_spaces_of_suspended(*, user: User, by: User, now: datetime) -> None:
    """What somebody leads is over, and on other stages they aren't heard any more."""
    for space in Space.objects.live().filter(Q(host=user) | Q(channel__owner=user)):
        end(space=space, by=by, now=now)
    for space in Space.objects.filter(Q(host=user) | Q(channel__owner=user), state=Space.State.PLANNED):
        call_off(space=space, by=by, now=now)
    for part in Part.objects.filter(user=user, space__state=Space.State.LIVE):
        note_gone(space_id=part.space_id, user_id=user.pk)


def forget_spaces_of(*, user: User, now: datetime) -> None:
    """Their own Spaces are gone with all that was said of them; in others' they had no part."""
    end_spaces_of_suspended(user=user, by=user, now=now)
    # Who waits for one is told before nothing is left of it.
    reminding.tell_due(now)
    Space.objects.filter(host=user).delete()
    Part.objects.filter(user=user).delete()
    Reminder.objects.filter(user=user).delete()


def spaces_of(user: User) -> dict[str, Any]:
    own = ("title", "about", "channel__name", "audience", "starts_at", "opened_at", "ended_at")
    parts = user.space_parts.values("space__title", "space__starts_at", "role", "on_stage_at", "removed_at")
    reminders = user.space_reminders.values("space__title", "space__starts_at", "created_at", "told_at")
    return {"hosted": list(user.spaces_hosted.values(*own)), "parts": list(parts), "reminders": list(reminders)}
