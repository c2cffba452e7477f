"""Whether a channel may send its viewers to another, and what pages are told of it."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Block, Channel, Follow, User
from chat.announcing import channel_topic
from chat.errors import RaidedLately, RaidRefused
from chat.models import Raid, RaidSetup, Sanction
from realtime import presence, publish_on_commit
from streaming import gates
from streaming.live_events import topic_of
from streaming.models import Broadcast

AGAIN_AFTER = timedelta(minutes=5)
# Cancelled ones count here too: nobody's page flickers without end.
MOST_ANNOUNCED = 3
# Whoever comes back after a lost socket still finds the link.
_LINGERS = timedelta(seconds=30)
_UNWELCOME = _("This channel doesn't take raids from yours.")


def check_rate(source: Channel, now: datetime) -> None:
    """One raid in five minutes, and three announced. Counted from the rows. Raises RaidedLately with `wait_s`."""
    lately = Raid.objects.filter(source=source, announced_at__gt=now - AGAIN_AFTER)
    times = sorted(lately.values_list("announced_at", flat=True))
    kept = lately.exclude(state=Raid.State.CANCELLED).order_by("announced_at").values_list("announced_at", flat=True)
    first = kept.first() or (times[-MOST_ANNOUNCED] if len(times) >= MOST_ANNOUNCED else None)
    if first is not None:
        raise RaidedLately(wait_s=int((first + AGAIN_AFTER - now).total_seconds()) + 1)


def check_may_raid(source: Channel, target: Channel, by: User | None, now: datetime) -> Broadcast:
    """The broadcast at which the viewers arrive. Raises RaidRefused with why there is none for them.

    That a channel blocks somebody, or rehearses, is nobody's business: it reads as if it took no raids, or were dark.
    """
    if source.pk == target.pk:
        raise RaidRefused(_("That is this channel itself."))
    if source.is_suspended or not Broadcast.objects.on_air().on_channel().filter(channel=source).exists():
        raise RaidRefused(_("A channel raids while it is live."))
    if by is None or not _is_welcome(source, target, by, now):
        raise RaidRefused(_UNWELCOME)
    broadcast = Broadcast.objects.on_air().on_channel().select_related("channel").filter(channel=target).first()
    if broadcast is None or not is_public(broadcast):
        raise RaidRefused(_("That channel isn't live for everybody."))
    return broadcast


def is_public(broadcast: Broadcast) -> bool:
    """Whether everybody may find and watch it."""
    gate = gates.gate_of(broadcast.visibility)
    return gate.is_open and gate.is_listed


def raids_from(channel: Channel) -> RaidSetup:
    """From whom a channel takes raids; a row that isn't stored when it has chosen nothing."""
    return RaidSetup.objects.filter(channel=channel).first() or RaidSetup(channel=channel)


def _is_welcome(source: Channel, target: Channel, by: User, now: datetime) -> bool:
    choice = raids_from(target).raids_from
    if target.is_suspended or target.owner_id is None or choice == RaidSetup.From.NONE:
        return False
    if choice == RaidSetup.From.FOLLOWED and not Follow.objects.filter(channel=source, user=target.owner_id).exists():
        return False
    raiders = {by.pk, source.owner_id}
    is_kept_out = Sanction.objects.in_force(now).exclude(kind=Sanction.Kind.WARNING).filter(channel=target)
    apart = Q(blocker=target.owner_id, blocked__in=raiders) | Q(blocker__in=raiders, blocked=target.owner_id)
    return not Block.objects.filter(apart).exists() and not is_kept_out.filter(user__in=raiders).exists()


def count_viewers(source: Channel) -> int:
    """How many have the page of its broadcast open; as many as were last counted when nobody can tell."""
    broadcast = Broadcast.objects.on_air().on_channel().filter(channel=source).first()
    if broadcast is None:
        return 0
    present = presence.count(topic_of(broadcast))
    return broadcast.viewers if present is None else present


def raid_now(channel_id: int, now: datetime) -> dict[str, Any]:
    """What whoever comes to a channel's page finds: a raid that counts down or has just left, or that there is none."""
    lately = Raid.objects.filter(source=channel_id, announced_at__gt=now - AGAIN_AFTER)
    rows = lately.select_related("target")
    is_fresh = Q(state=Raid.State.SENT, over_at__gt=now - _LINGERS)
    raid = rows.filter(Q(state=Raid.State.COUNTING) | is_fresh).first()
    return describe_raid(raid, now) if raid else {"type": "raid", "raid": None}


def describe_raid(raid: Raid, now: datetime) -> dict[str, Any]:
    """A raid as pages of its source get it. Clocks of pages differ, so they are told what is left."""
    there = Broadcast.objects.on_air().on_channel().select_related("channel").filter(channel=raid.target_id).first()
    is_shown = there is not None and is_public(there)
    return {
        "type": "raid",
        "raid": raid.pk,
        "state": raid.state,
        "name": raid.target.name,
        "title": there.display_title if there and is_shown else "",
        "url": f"/@{raid.target.name}",
        "is_mature": bool(there and is_shown and there.is_mature),
        "left_s": max(0.0, (raid.leaves_at - now).total_seconds()),
    }


def announce(raid: Raid, now: datetime) -> None:
    publish_on_commit(channel_topic(raid.source_id), describe_raid(raid, now))
