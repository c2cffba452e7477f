"""What streaming knows of a person, for them to take along."""

from typing import Any

from accounts.models import User
from streaming.models import Broadcast


def broadcasts_of(user: User) -> list[Any]:
    rows = Broadcast.objects.filter(channel__owner=user)
    return list(rows.values("channel__name", "title", "started_at", "ended_at", "end_reason"))
