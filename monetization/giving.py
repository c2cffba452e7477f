"""Who can be given a month: somebody by name, or some of those who are there.

Those are there who are logged in and have the channel's page or chat open. Of them nobody is drawn who subscribes to
the channel already, or for whom a month awaits payment.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from secrets import SystemRandom

from django.db.models import Q, QuerySet

from accounts.models import Block, Channel, User
from monetization.errors import NotGivable
from monetization.models import GivenMonth, Subscription, Tier
from realtime import presence

Topics = Callable[[Channel], Iterable[str]]
_places: list[Topics] = []


def register_place(topics: Topics) -> None:
    """Apps above say which topics those follow who are in a place of a channel."""
    _places.append(topics)


def present(channel: Channel) -> set[int]:
    """The users who have the channel's page or chat open."""
    return presence.people([f"channel.{channel.name}", *(topic for topics in _places for topic in topics(channel))])


def givable(channel: Channel, giver: User, user_ids: Iterable[int]) -> QuerySet[User]:
    """Those of these users who can be given something there by somebody, whatever they have already."""
    people = User.objects.filter(pk__in=list(user_ids), is_active=True).exclude(
        pk__in=[giver.pk, channel.owner_id or 0]
    )
    between = {giver.pk, channel.owner_id}
    return people.exclude(money_wishes__takes_gifts=False).exclude(
        Q(pk__in=Block.objects.filter(blocker__in=between).values("blocked"))
        | Q(pk__in=Block.objects.filter(blocked__in=between).values("blocker"))
    )


def drawable(tier: Tier, giver: User, now: datetime) -> list[int]:
    """Those who are there and may be drawn."""
    channel = tier.channel
    subscribed = Subscription.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), channel=channel)
    awaiting = GivenMonth.objects.awaited().filter(gift__tier__channel=channel)
    people = givable(channel, giver, present(channel)).exclude(pk__in=subscribed.values("user"))
    return list(people.exclude(pk__in=awaiting.values("recipient")).order_by("pk").values_list("pk", flat=True))


def draw(tier: Tier, giver: User, count: int, now: datetime) -> list[int]:
    """So many of them, or as many as there are."""
    found = drawable(tier, giver, now)
    return SystemRandom().sample(found, min(count, len(found)))


def check_givable(tier: Tier, giver: User, person: User, now: datetime) -> None:
    """Raises NotGivable, also for somebody who has it until further notice without paying."""
    running = Subscription.objects.running(now).filter(user=person, channel=tier.channel, ends_at__isnull=True)
    has_it = running.filter(Q(tier=None) | Q(tier=tier), contract__isnull=True).exists()
    if has_it or not givable(tier.channel, giver, [person.pk]).exists():
        raise NotGivable
