"""What the conductor reads from the database, and writes there. Each function runs in a thread."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from accounts.hues import hue_of
from accounts.models import User
from accounts.pictures import SMALL
from spaces import composing, hall, seating, solos
from spaces.actions import end_leaderless, note_gone
from spaces.compositor.scene import Face
from spaces.conductor.composition import Show
from spaces.conductor.rooms import SOLO_BITRATE, VIDEO_BITRATE
from spaces.models import Part, Space
from spaces.seating import Seat
from streaming.placing import key_of

log = logging.getLogger(__name__)

# Whoever opens a page anew, or comes from the hall onto the stage, is nowhere for a moment.
ABSENT_S = 30.0
Missed = dict[tuple[UUID, int], float]


@dataclass(frozen=True)
class Stage:
    """Who may be heard in an open Space, and who of them is silenced. Whoever is live alone has no room's topic: what
    concerns all is told to their `seats`.
    """

    people: frozenset[int]
    silenced: frozenset[int]
    show: Show | None = None
    bitrate: int = VIDEO_BITRATE
    seats: tuple[str, ...] = ()


def read_shows() -> dict[str, Show]:
    """The Spaces of which a stream is composed."""
    spaces = list(Space.objects.live().select_related("channel"))
    there = composing.see_to(spaces, timezone.now())
    shows = {}
    for space in spaces:
        if space.pk in there:
            parts = space.parts.filter(role__in=Part.STAGE).select_related("user")
            address = f"{settings.ENV.ingest_rtmp_url}/{key_of(there[space.pk])}"
            faces = tuple(_face(part.user) for part in parts)
            shows[str(space.pk)] = Show(address, space.title, space.channel.name, faces)
    return shows


def read_solos() -> dict[str, Stage]:
    """Who is live alone, from a browser: to ingest they are an encoder of their channel's."""
    now = timezone.now()
    stages, tokens = {}, seating.tokens_by_space(now.timestamp())
    for solo in solos.see_to(now):
        address = f"{settings.ENV.ingest_rtmp_url}/{solo.channel.stream_key}?browser=1"
        title = solo.channel.display_title
        show = Show(address, title, solo.channel.name, (_face(solo.user),), is_solo=True)
        seats = tuple(tokens.get(solo.id, ()))
        stages[str(solo.id)] = Stage(frozenset({solo.user.pk}), frozenset(), show, SOLO_BITRATE, seats)
    return stages


def _face(user: User) -> Face:
    return Face(user.pk, user.shown_name, hue_of(user.username), _file_of(user.avatar))


@lru_cache(maxsize=256)
def _file_of(avatar: str) -> str:
    """Somebody's picture as a file of this machine, wherever it is stored; empty where there is none."""
    if not avatar:
        return ""
    folder = settings.ENV.media_dir / "faces"
    kept: Path = folder / f"{avatar.rpartition('/')[2]}.webp"
    if not kept.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with default_storage.open(f"{avatar}-{SMALL}.webp") as stored:
                kept.write_bytes(stored.read())
        except OSError as error:
            log.warning("no picture for the slate: %s", error)
            return ""
    return str(kept)


def count_beyond(spaces: Sequence[str]) -> dict[str, int]:
    """How many hear the composed stream of each of these."""
    now_s = timezone.now().timestamp()
    return {space: hall.count(UUID(space), now_s) for space in spaces}


def read_stages() -> dict[str, Stage]:
    """Every open Space, and whoever is live alone."""
    shows = read_shows()
    stages = {str(pk): (set[int](), set[int]()) for pk in Space.objects.live().values_list("pk", flat=True)}
    rows = Part.objects.filter(space__state=Space.State.LIVE, role__in=Part.STAGE)
    for space, user, is_silenced in rows.values_list("space", "user", "is_silenced"):
        people, silenced = stages.setdefault(str(space), (set(), set()))
        people.add(user)
        if is_silenced:
            silenced.add(user)
    opened = {
        space: Stage(frozenset(people), frozenset(silenced), shows.get(space))
        for space, (people, silenced) in stages.items()
    }
    return opened | read_solos()


def clear_seats(now: datetime) -> tuple[list[Seat], list[Seat]]:
    """Clear the seats whose pages are gone, with whatever that means for their people.

    Which are left, and which were cleared. What the database doesn't take now keeps its seat and is done the next time.
    """
    seating.forgive_silence(now.timestamp())
    there, gone = seating.all_seats(now.timestamp())
    seated: dict[UUID, set[int]] = defaultdict(set)
    for seat in there:
        seated[seat.space].add(seat.user)
    cleared = []
    try:
        for seat in gone:
            if seat.user and seat.user not in seated[seat.space]:
                fell_silent_at = None if seating.has_left(seat) else now
                note_gone(space_id=seat.space, user_id=seat.user, fell_silent_at=fell_silent_at)
            seating.forget(seat)
            cleared.append(seat)
        end_leaderless(seated=seated, now=now)
    except (OperationalError, InterfaceError) as error:
        log.warning("not all seats cleared: %s", error)
    return there, cleared


def clear_absent(missed: Missed, now: datetime) -> None:
    """Free the places on stages, and take down the hands, of those who have no page in their Space any more.

    Who had a seat is cleared with it: this is for who heard the composed stream. `missed` is kept from one time to the
    next: since when each of them is nowhere.
    """
    now_s = now.timestamp()
    there, _gone = seating.all_seats(now_s)
    seated = {(seat.space, seat.user) for seat in there}
    try:
        absent = {one for one in _read_shown() if one not in seated and not hall.is_there(*one, now_s)}
        for one in missed.keys() - absent:
            del missed[one]
        for space, user in absent:
            if now_s - missed.setdefault((space, user), now_s) >= ABSENT_S:
                note_gone(space_id=space, user_id=user)
                del missed[space, user]
    except (OperationalError, InterfaceError) as error:
        log.warning("not all absent cleared: %s", error)


def _read_shown() -> set[tuple[UUID, int]]:
    """Who is on a stage or has a hand up, but hosts: they keep their place."""
    parts = Part.objects.filter(Q(role__in=Part.STAGE) | Q(hand_raised_at__isnull=False), space__state=Space.State.LIVE)
    parts = parts.filter(removed_at__isnull=True).exclude(role=Part.Role.HOST)
    return set(parts.values_list("space", "user"))
