"""What the conductor reads from the database, and writes there. Each function runs in a thread."""

import logging
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts.hues import hue_of
from spaces import seating
from spaces.actions import end_leaderless, note_gone
from spaces.conductor.relay import Show
from spaces.conductor.slate import Face
from spaces.models import Part, Space
from spaces.seating import Seat

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """Who may be heard in an open Space, and who of them is silenced."""

    people: frozenset[int]
    silenced: frozenset[int]
    show: Show | None = None


def read_shows() -> dict[str, Show]:
    """The Spaces that are also on their channel."""
    shows = {}
    spaces = Space.objects.live().filter(is_relayed=True, channel__is_suspended=False).select_related("channel")
    for space in spaces:
        parts = space.parts.filter(role__in=Part.STAGE).select_related("user")
        faces = tuple(Face(part.user_id, part.user.shown_name, hue_of(part.user.username)) for part in parts)
        address = f"{settings.ENV.ingest_rtmp_url}/{space.channel.stream_key}"
        shows[str(space.pk)] = Show(address, space.title, space.channel.name, faces)
    return shows


def read_stages() -> dict[str, Stage]:
    """Every open Space."""
    shows = read_shows()
    stages = {str(pk): (set[int](), set[int]()) for pk in Space.objects.live().values_list("pk", flat=True)}
    rows = Part.objects.filter(space__state=Space.State.LIVE, role__in=Part.STAGE)
    for space, user, is_silenced in rows.values_list("space", "user", "is_silenced"):
        people, silenced = stages.setdefault(str(space), (set(), set()))
        people.add(user)
        if is_silenced:
            silenced.add(user)
    return {
        space: Stage(frozenset(people), frozenset(silenced), shows.get(space))
        for space, (people, silenced) in stages.items()
    }


def clear_seats() -> tuple[list[Seat], list[Seat]]:
    """Clear the seats whose pages are gone, with whatever that means for their people.

    Which are left, and which were cleared. What the database doesn't take now keeps its seat and is done the next time.
    """
    now = timezone.now()
    seating.forgive_silence(now.timestamp())
    there, gone = seating.all_seats(now.timestamp())
    seated: dict[UUID, set[int]] = defaultdict(set)
    for seat in there:
        seated[seat.space].add(seat.user)
    cleared = []
    try:
        for seat in gone:
            if seat.user and seat.user not in seated[seat.space]:
                note_gone(space_id=seat.space, user_id=seat.user)
            seating.forget(seat)
            cleared.append(seat)
        end_leaderless(seated=seated, now=now)
    except (OperationalError, InterfaceError) as error:
        log.warning("not all seats cleared: %s", error)
    return there, cleared
