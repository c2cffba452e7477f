"""What a broadcast is said to be: title, category, tags, language. Changed while it is on air, or before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from accounts import audit
from accounts.models import Channel, User
from realtime import publish_on_commit
from streaming import gates
from streaming.errors import UnknownVisibility
from streaming.models import Broadcast, BroadcastSetup, Category, Described, ScheduledBroadcast
from streaming.tags import get_or_make


@dataclass(frozen=True)
class Details:
    """What a streamer says of a broadcast. Tags are normalised."""

    title: str = ""
    category: Category | None = None
    tags: Sequence[str] = ()
    language: str = ""
    is_mature: bool = False


@dataclass(frozen=True)
class Redescribed:
    """A broadcast on air goes by other words from now on."""

    title: str
    category: str
    category_slug: str
    tags: list[str]
    language: str
    is_mature: bool
    type: str = "described"


def apply_details(row: Described, details: Details) -> None:
    """Write details to a row that is saved already."""
    row.title = details.title
    row.category = details.category
    row.language = details.language
    row.is_mature = details.is_mature
    row.save(update_fields=["title", "category", "language", "is_mature"])
    row.tags.set(get_or_make(details.tags))


def details_of(row: Described) -> Details:
    tags = [tag.name for tag in row.tags.all()]
    return Details(row.title, row.category, tags, row.language, row.is_mature)


def get_setup(channel: Channel) -> BroadcastSetup:
    """What the channel's next broadcast begins with."""
    return BroadcastSetup.objects.select_related("category").get_or_create(channel=channel)[0]


@transaction.atomic
def describe_channel_broadcast(*, channel: Channel, details: Details, by: User) -> Broadcast | None:
    """Say what a channel shows: on air at once, and for the broadcasts after it. Answers the one on air."""
    apply_details(get_setup(channel), details)
    broadcast = Broadcast.objects.select_for_update().on_air().on_channel().filter(channel=channel).first()
    if broadcast is not None:
        apply_details(broadcast, details)
        publish_on_commit(f"broadcast.{broadcast.pk}", redescribed(broadcast))
    audit.record(by, "described broadcast", broadcast or channel, title=details.title)
    return broadcast


def redescribed(broadcast: Broadcast) -> Redescribed:
    category = broadcast.category
    return Redescribed(
        title=broadcast.display_title,
        category=category.name if category else "",
        category_slug=category.slug if category else "",
        tags=[tag.name for tag in broadcast.tags.all()],
        language=broadcast.language,
        is_mature=broadcast.is_mature,
    )


@transaction.atomic
def choose_visibility(*, channel: Channel, visibility: str, by: User) -> None:
    """Who may see the channel's next broadcasts. Raises UnknownVisibility."""
    check_visibility(visibility)
    setup = get_setup(channel)
    setup.visibility = visibility
    setup.save(update_fields=["visibility"])
    audit.record(by, "chose visibility", channel, visibility=visibility)


def check_visibility(visibility: str) -> None:
    if visibility not in {gate.visibility for gate in gates.all_gates()}:
        raise UnknownVisibility(visibility)


def begin_with(broadcast: Broadcast, scheduled: ScheduledBroadcast | None) -> None:
    """Give a new broadcast its words: those of the one announced for about now, else the channel's own."""
    source: Described = scheduled or get_setup(broadcast.channel)
    details = details_of(source)
    apply_details(broadcast, replace(details, title=details.title or broadcast.channel.title))
