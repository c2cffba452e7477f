"""The composed stream of a Space as a broadcast: when there is one, who may have it, and what it leaves."""

import logging
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Visitor
from monetization import entrance
from monetization.models.tickets import DEVICES
from realtime.errors import CommandRefused
from spaces import hall, telling
from spaces.access import get_presence
from spaces.models import PLACE, Audience, Space, id_at
from streaming import gates
from streaming.access import broadcast_at
from streaming.actions import end_placed
from streaming.describing import get_setup
from streaming.errors import Refused
from streaming.models import Broadcast, Visibility
from streaming.placing import Wanted, go_elsewhere, on_taken_off, put_on_air
from streaming.recordings.access import Replay, replay_of
from streaming.recordings.models import Recording

log = logging.getLogger(__name__)

# The doors of Spaces that aren't for everybody, and of those that tickets are asked for.
GATE, TICKETS_GATE = "space", "space-tickets"
_GATES = {
    Audience.PUBLIC: Visibility.PUBLIC.value,
    Audience.FOLLOWERS: GATE,
    Audience.SUBSCRIBERS: GATE,
    Audience.TICKETS: TICKETS_GATE,
}
# As often as recording was switched on and off, and the stream went away in between.
_MOST_REPLAYS = 12


def register() -> None:
    """Addresses are good for a minute: whoever is removed or gave their ticket back hears no more by then."""
    for gate, most_devices in ((GATE, None), (TICKETS_GATE, _most_devices)):
        gates.register(
            gate,
            _may_hear,
            label=_("As its Space"),
            about=_("Whoever may come into the Space it is of."),
            denial=_("This is for those who may come into its Space."),
            is_listed=False,
            is_choosable=False,
            most_devices=most_devices,
            lives=entrance.LIVES,
        )
    on_taken_off(_note_taken_off)


def _most_devices(broadcast: Broadcast) -> int:
    space = _spaces_at(broadcast.place).select_related("event").first()
    return space.event.most_devices if space and space.event else DEVICES


def _may_hear(viewer: User, broadcast: Broadcast) -> bool:
    try:
        get_presence(viewer, id_at(broadcast.place), timezone.now())
    except CommandRefused:
        return False
    return True


def _spaces_at(place: str) -> QuerySet[Space]:
    key = id_at(place)
    return Space.objects.filter(pk=key) if key else Space.objects.none()


def _note_taken_off(broadcast: Broadcast) -> None:
    """Whoever ends it on the channel means it."""
    space = _spaces_at(broadcast.place).filter(state=Space.State.LIVE, is_relayed=True).first()
    if space is not None:
        Space.objects.filter(pk=space.pk).update(is_relayed=False)
        space.is_relayed = False
        telling.tell_stage(space)


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
        visibility=_GATES[Audience(space.audience)],
        is_on_channel=space.is_relayed and may_be_on_channel(space),
        is_kept=space.is_recorded,
    )


def may_be_on_channel(space: Space) -> bool:
    """Whether all who may come in may watch what the channel begins with; the others would be cut off."""
    visibility = get_setup(space.channel).visibility
    return gates.gate_of(visibility).is_open or visibility == space.audience != Audience.TICKETS


def follow_audience(space: Space, now: datetime) -> None:
    """Others may come in than before: its stream goes on where only they can have it."""
    before = broadcast_at(space.place)
    if before is not None and put_on_air(wanted(space), now).media_path == before.media_path:
        go_elsewhere(space.place)


def replays_of(space: Space, viewer: Visitor) -> list[Replay]:
    """What can be heard again of a Space, in the order in which it was said; also what isn't ready yet."""
    recorded = Exists(Recording.objects.shown().filter(broadcast=OuterRef("pk")))
    rows = Broadcast.objects.select_related("channel").filter(recorded, place=space.place)
    replays = (replay_of(viewer, broadcast) for broadcast in rows.order_by("started_at"))
    return list(islice((replay for replay in replays if replay.recordings), _MOST_REPLAYS))
