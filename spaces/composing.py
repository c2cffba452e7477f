"""The composed stream of a Space as a broadcast: when there is one, who may have it, and what it leaves."""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Visitor
from realtime.errors import CommandRefused
from spaces import hall
from spaces.access import get_presence
from spaces.models import Audience, Space
from streaming import gates
from streaming.actions import end_placed
from streaming.errors import Refused
from streaming.models import Broadcast, Visibility
from streaming.placing import Wanted, put_on_air
from streaming.recordings.access import Replay, replay_of

log = logging.getLogger(__name__)

# The door of a Space that isn't for everybody.
GATE = "space"
PLACE = "space-"
# As often as recording was switched on and off, and the stream went away in between.
_MOST_REPLAYS = 12


def register_gate() -> None:
    gates.register(
        GATE,
        _may_hear,
        label=_("As its Space"),
        about=_("Whoever may come into the Space it is of."),
        denial=_("This is for those who may come into its Space."),
        is_listed=False,
        is_choosable=False,
    )


def _may_hear(viewer: User, broadcast: Broadcast) -> bool:
    try:
        get_presence(viewer, _space_at(broadcast.place), timezone.now())
    except CommandRefused:
        return False
    return True


def _space_at(place: str) -> UUID | None:
    try:
        return UUID(place.removeprefix(PLACE))
    except ValueError:
        return None


def is_wanted(space: Space, now: datetime) -> bool:
    """While somebody beyond the seats listens, it is recorded, or its channel shows it."""
    return space.is_recorded or space.is_relayed or hall.is_wanted(space.pk, now.timestamp())


def see_to(spaces: Iterable[Space], now: datetime) -> dict[UUID, Broadcast]:
    """Have a broadcast for each open Space that wants one, and none for the others; which there are."""
    there: dict[UUID, Broadcast] = {}
    for space in spaces:
        if space.channel.is_suspended or not is_wanted(space, now):
            continue
        try:
            there[space.pk] = put_on_air(wanted(space), now)
        except Refused as refusal:
            log.warning("no stream for Space %s: %s", space.pk, refusal.code)
    kept = {broadcast.pk for broadcast in there.values()}
    for broadcast in Broadcast.objects.on_air().filter(place__startswith=PLACE).exclude(pk__in=kept):
        end_placed(broadcast.place, now)
    return there


def wanted(space: Space) -> Wanted:
    return Wanted(
        channel=space.channel,
        place=space.place,
        title=space.title,
        visibility=Visibility.PUBLIC if space.audience == Audience.PUBLIC else GATE,
        is_on_channel=space.is_relayed,
        is_kept=space.is_recorded,
    )


def replays_of(space: Space, viewer: Visitor) -> list[Replay]:
    """What can be heard again of a Space, in the order in which it was said; also what isn't ready yet."""
    rows = Broadcast.objects.select_related("channel").filter(place=space.place, is_kept=True)
    replays = (replay_of(viewer, broadcast) for broadcast in rows.order_by("started_at")[:_MOST_REPLAYS])
    return [replay for replay in replays if replay.recordings]
