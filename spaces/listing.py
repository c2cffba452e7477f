"""What pages list of Spaces. Each list costs the same however long it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from accounts.models import Follow, User
from accounts.roles import Visitor
from monetization.models import TicketedEvent
from spaces import telling
from spaces.models import Part, Space


@dataclass(frozen=True)
class Card:
    """An open Space in a list: who speaks, and how many pages are there."""

    space: Space
    speakers: list[User]
    listeners: int


def live(viewer: Visitor) -> QuerySet[Space]:
    """Open Spaces: first those of followed channels, and in which somebody speaks whose channel is followed."""
    return _for(viewer, Space.objects.live().shown()).order_by(F("is_followed").desc(), "-opened_at", "pk")


def upcoming(viewer: Visitor, now: datetime) -> QuerySet[Space]:
    return _for(viewer, Space.objects.upcoming(now).shown()).order_by("starts_at", "pk")


def about(rows: QuerySet[Space], topic: str) -> QuerySet[Space]:
    """Those with a topic."""
    return rows.filter(topics__name=topic)


def search(viewer: Visitor, text: str, now: datetime) -> QuerySet[Space]:
    """Open and announced Spaces by title, topic, channel or who speaks there."""
    open_ones = Q(state=Space.State.LIVE) | Q(state=Space.State.PLANNED, starts_at__gte=now - Space.LATE)
    words = Q(title__icontains=text) | Q(title__trigram_word_similar=text) | Q(channel__name__icontains=text)
    topics = Q(pk__in=Space.objects.filter(topics__name__icontains=text).values("pk"))
    spoken = Q(pk__in=Part.objects.filter(role__in=Part.STAGE, user__username__icontains=text).values("space"))
    rows = Space.objects.shown().filter(open_ones).filter(words | topics | spoken)
    # "live" comes before "planned".
    return _for(viewer, rows).order_by("state", F("is_followed").desc(), "starts_at", "pk")


def of_event(event: TicketedEvent) -> Space | None:
    """The Space that tickets to an event let in to."""
    return Space.objects.filter(event=event).exclude(state=Space.State.CANCELLED).first()


def cards(spaces: Sequence[Space]) -> list[Card]:
    """A page of open Spaces as they are shown."""
    rows = Part.objects.filter(space__in=[space.pk for space in spaces], role__in=Part.STAGE).select_related("user")
    speakers: dict[object, list[User]] = {}
    for part in rows:
        speakers.setdefault(part.space_id, []).append(part.user)
    counts = telling.count_inside(space.pk for space in spaces)
    return [Card(space, speakers.get(space.pk, []), counts[space.pk]) for space in spaces]


def _for(viewer: Visitor, rows: QuerySet[Space]) -> QuerySet[Space]:
    """Without those of people who keep the viewer away."""
    if not isinstance(viewer, User):
        return rows.annotate(is_followed=Value(False))
    followed = Follow.objects.filter(user=viewer, channel=OuterRef("channel"))
    speaks = Part.objects.filter(space=OuterRef("pk"), role__in=Part.STAGE, user__channels__follows__user=viewer)
    rows = rows.exclude(host__blocks__blocked=viewer)
    return rows.annotate(is_followed=Case(When(Exists(followed) | Exists(speaks), then=True), default=False))
