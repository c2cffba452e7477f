"""What Spaces hear of the floors below: tickets that are worth nothing any more."""

from datetime import datetime

from django.utils import timezone

from accounts.models import User
from monetization import entrance
from realtime import outbox
from realtime.outbox import Payload
from spaces import chatting, seating
from spaces.access import get_presence
from spaces.actions import call_off, end, note_gone
from spaces.errors import SpaceError
from spaces.models import Space


def register() -> None:
    outbox.register(entrance.LOST, "spaces.put_out", put_out)


def put_out(payload: Payload) -> None:
    """Whoever has no ticket any more leaves; where the whole event is called off, so is its Space."""
    now = timezone.now()
    for space in Space.objects.filter(event=payload["event"]).select_related("channel", "host"):
        if payload["user"] is not None:
            _put_out_one(space, payload["user"], now)
        elif space.is_live:
            end(space=space, by=None, now=now)
        elif space.state == Space.State.PLANNED:
            call_off(space=space, by=None, now=now)


def _put_out_one(space: Space, user_id: int, now: datetime) -> None:
    if _may_stay(space, user_id, now):
        return
    note_gone(space_id=space.pk, user_id=user_id)
    seating.clear(space.pk, user_id)
    chatting.recheck_on_commit(space, user_id)


def _may_stay(space: Space, user_id: int, now: datetime) -> bool:
    user = User.objects.filter(pk=user_id).first()
    try:
        return user is not None and get_presence(user, space.pk, now) is not None
    except SpaceError:
        return False
