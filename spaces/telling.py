"""What pages are told: the stage to everybody, hands to hosts, and to each person what is theirs.

`space.room.<id>` is for whoever may be there, `space.crew.<id>` for host and co-hosts, `space.mine.<id>` is followed
by each person for themselves as `<id>-<user>`, `space.seat.<token>` is how the conductor speaks to one page.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

import redis

from realtime import broker, publish, publish_on_commit
from spaces.models import Part, Space, describe_person

log = logging.getLogger(__name__)

REACTIONS = ("👏", "❤️", "😂", "🔥", "💯", "🙌")
_MEDIA = "spaces:media"
# Hands beyond these wait until one of the first is taken or lowered; more wouldn't fit into an event.
MOST_HANDS = 25

Event = dict[str, Any]
NO_MEDIA: Event = {"videos": [], "muted": [], "talking": [], "active": None, "connected": [], "inside": 0}


def room_topic(space: UUID) -> str:
    return f"space.room.{space}"


def crew_topic(space: UUID) -> str:
    return f"space.crew.{space}"


def mine_topic(space: UUID, user: int) -> str:
    return f"space.mine.{space.hex}-{user}"


def seat_topic(token: str) -> str:
    return f"space.seat.{token}"


def describe_stage(space: Space) -> Event:
    """Who is on the stage, hosts first, and what is in force."""
    parts = list(space.parts.filter(role__in=Part.STAGE).select_related("user"))
    parts.sort(key=lambda part: Part.STAGE.index(Part.Role(part.role)))
    return {
        "state": space.state,
        "title": space.title,
        "is_locked": space.is_locked,
        "is_relayed": space.is_relayed,
        "is_recorded": space.is_recorded,
        "host": space.host_id,
        "stage": [describe_person(part.user) | {"role": part.role, "is_silenced": part.is_silenced} for part in parts],
    }


def describe_hands(space: Space) -> Event:
    """Who wants to speak, first come first."""
    rows = space.parts.filter(role=Part.Role.LISTENER, removed_at__isnull=True).select_related("user")
    raised = rows.filter(hand_raised_at__isnull=False).order_by("hand_raised_at", "pk")
    return {"hands": [describe_person(part.user) for part in raised[:MOST_HANDS]]}


def describe_part(part: Part | None) -> Event:
    """What somebody has beyond listening, for their own page."""
    return {
        "role": part.role if part else Part.Role.LISTENER,
        "is_silenced": bool(part and part.is_silenced),
        "hand": bool(part and part.hand_raised_at),
        "is_invited": bool(part and part.invited_at),
        "is_dropped": bool(part and part.dropped_at),
        "is_removed": bool(part and part.removed_at),
    }


def describe_room(space: Space) -> Event:
    """All that a page that comes in must know."""
    return {"type": "entered"} | describe_stage(space) | media_of(space.pk)


def tell_stage(space: Space) -> None:
    publish_on_commit(room_topic(space.pk), {"type": "stage"} | describe_stage(space))


def tell_hands(space: Space) -> None:
    publish_on_commit(crew_topic(space.pk), {"type": "hands"} | describe_hands(space))


def tell_part(part: Part) -> None:
    publish_on_commit(mine_topic(part.space_id, part.user_id), {"type": "mine"} | describe_part(part))


def tell_seat(token: str, event: Event) -> None:
    publish(seat_topic(token), event)


def keep_media(space: UUID, media: Event) -> None:
    """Say who is heard and seen; whoever comes later reads it."""
    broker.client().hset(_MEDIA, str(space), json.dumps(media))
    publish(room_topic(space), {"type": "media"} | media)


def forget_media(space: UUID) -> None:
    broker.client().hdel(_MEDIA, str(space))


def count_inside(spaces: Iterable[UUID]) -> dict[UUID, int]:
    """How many pages are in each of these Spaces; a second old at most, and none while Redis is away."""
    asked = list(spaces)
    return {space: media["inside"] for space, media in zip(asked, _read_media(asked), strict=True)}


def media_of(space: UUID) -> Event:
    return _read_media([space])[0]


def _read_media(spaces: list[UUID]) -> list[Event]:
    if not spaces:
        return []
    try:
        texts = cast("list[bytes | None]", broker.client().hmget(_MEDIA, [str(space) for space in spaces]))
    except redis.RedisError as error:
        log.warning("not known who is in Spaces: %s", error)
        return [NO_MEDIA] * len(spaces)
    return [json.loads(text) if text else NO_MEDIA for text in texts]
