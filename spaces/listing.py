"""What pages list of Spaces. Each list costs the same however long it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from accounts.models import Channel, Follow, User
from accounts.roles import Visitor
from monetization.models import TicketedEvent
from spaces import telling
from spaces.models import Part, Space


@dataclass(frozen=True)
class Card:
    """An open Space in a list: who speaks, whom of them the viewer follows, and how many pages are there."""

    space: Space
    speakers: list[User]
    followed: list[User]
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


def live_of(viewer: Visitor, channel: Channel) -> Space | None:
    """The Space that is open on a channel."""
    return live(viewer).filter(channel=channel).first()


def of_event(event: TicketedEvent) -> Space | None:
    """The Space that tickets to an event let in to."""
    return Space.objects.filter(event=event).exclude(state=Space.State.CANCELLED).first()


def spoken_by(viewer: Visitor, person: User) -> QuerySet[Space]:
    """Open Spaces on whose stage somebody is."""
    return live(viewer).filter(pk__in=Part.objects.filter(user=person, role__in=Part.STAGE).values("space"))


def cards(viewer: Visitor, spaces: Sequence[Space]) -> list[Card]:
    """A page of open Spaces as this viewer is shown them."""
    rows = Part.objects.filter(space__in=[space.pk for space in spaces], role__in=Part.STAGE).select_related("user")
    speakers: dict[object, list[User]] = {}
    for part in rows:
        speakers.setdefault(part.space_id, []).append(part.user)
    followed = _followed_among(viewer, [user for people in speakers.values() for user in people])
    counts = telling.count_inside(space.pk for space in spaces)
    return [_card(space, speakers.get(space.pk, []), followed, counts[space.pk]) for space in spaces]


def _card(space: Space, speakers: list[User], followed: set[int], listeners: int) -> Card:
    return Card(space, speakers, [user for user in speakers if user.pk in followed], listeners)


def _followed_among(viewer: Visitor, people: Sequence[User]) -> set[int]:
    """Those of them who own a channel that the viewer follows."""
    if not isinstance(viewer, User) or not people:
        return set()
    rows = Follow.objects.filter(user=viewer, channel__owner__in=people)
    return {owner for owner in rows.values_list("channel__owner", flat=True) if owner is not None}


def _for(viewer: Visitor, rows: QuerySet[Space]) -> QuerySet[Space]:
    """Without those of people who keep the viewer away."""
    if not isinstance(viewer, User):
        return rows.annotate(is_followed=Value(False))
    followed = Follow.objects.filter(user=viewer, channel=OuterRef("channel"))
    speaks = Part.objects.filter(space=OuterRef("pk"), role__in=Part.STAGE, user__channels__follows__user=viewer)
    rows = rows.exclude(host__blocks__blocked=viewer)
    return rows.annotate(is_followed=Case(When(Exists(followed) | Exists(speaks), then=True), default=False))
