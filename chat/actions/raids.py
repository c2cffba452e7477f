"""Sending a channel's viewers to another: announced, cancelled, sent."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Channel, User
from chat import raiding
from chat.announcing import tell_crew
from chat.errors import ChatError, NotARaid, OutOfBounds, RaidRefused
from chat.models import Raid, RaidSetup
from chat.models.raids import COUNTDOWN_S
from realtime import outbox
from streaming.models import Broadcast

RAIDED = "chat.raided"
COUNTDOWN_DEFAULT_S = 10


@transaction.atomic
def announce_raid(
    *, source: Channel, target: Channel, by: User, now: datetime, countdown_s: int = COUNTDOWN_DEFAULT_S
) -> Raid:
    """Have open pages count down to another channel; nobody goes before the end. Raises RaidRefused or RaidedLately.

    The channel's row is locked, so that two editors announce one raid.
    """
    if not COUNTDOWN_S[0] <= countdown_s <= COUNTDOWN_S[1]:
        raise OutOfBounds(_("A countdown lasts 5 to 60 seconds."))
    source = Channel.objects.select_for_update(no_key=True).get(pk=source.pk)
    raiding.check_rate(source, now)
    there = raiding.check_may_raid(source, target, by, now)
    if there.state != Broadcast.State.LIVE:
        raise RaidRefused(_("That channel isn't live for everybody."))
    leaves_at = now + timedelta(seconds=countdown_s)
    raid = Raid.objects.create(source=source, target=target, by=by, announced_at=now, leaves_at=leaves_at)
    _record(by, "announced raid", raid)
    raiding.announce(raid, now)
    return raid


@transaction.atomic
def cancel_raid(*, raid: Raid, by: User, now: datetime) -> None:
    """Call a raid off while it counts down. Raises NotARaid."""
    row = _locked(raid)
    if row is None:
        raise NotARaid
    _cancel(row, by, now)


def send_due_raids(*, now: datetime) -> int:
    """Send those off whose countdown is over; how many there were."""
    due = list(Raid.objects.due(now))
    for raid in due:
        send_raid(raid=raid, now=now)
    return len(due)


@transaction.atomic
def send_raid(*, raid: Raid, now: datetime) -> None:
    """Send the viewers off, unless what was so at the announcement isn't any more. Harmless when it is over.

    Both chats hear of it by the outbox: neither waits for the other's room.
    """
    row = _locked(raid)
    if row is None or row.leaves_at > now:
        return
    try:
        raiding.check_may_raid(row.source, row.target, row.by, now)
    except ChatError:
        _cancel(row, None, now)
        return
    row.viewers = raiding.count_viewers(row.source)
    _close(row, Raid.State.SENT, now)
    outbox.emit(RAIDED, {"raid": row.pk})
    _record(None, "sent raid", row, viewers=row.viewers)
    audit.record(None, "chat: was raided", row.target, channel=row.source.name, viewers=row.viewers)
    tell_crew(row.target_id, "log")


@transaction.atomic
def choose_raids_from(*, channel: Channel, raids_from: str, by: User) -> RaidSetup:
    """Say from whom a channel takes raids."""
    setup, _is_new = RaidSetup.objects.update_or_create(channel=channel, defaults={"raids_from": raids_from})
    audit.record(by, "chat: chose raids", channel, raids_from=raids_from)
    tell_crew(channel.pk, "log")
    return setup


def _locked(raid: Raid) -> Raid | None:
    """None when it is over."""
    rows = Raid.objects.counting().select_for_update(of=("self",)).select_related("source", "target", "by")
    return rows.filter(pk=raid.pk).first()


def _cancel(raid: Raid, by: User | None, now: datetime) -> None:
    _close(raid, Raid.State.CANCELLED, now)
    _record(by, "cancelled raid", raid)


def _close(raid: Raid, state: str, now: datetime) -> None:
    raid.state, raid.over_at = state, now
    raid.save(update_fields=["state", "over_at", "viewers"])
    raiding.announce(raid, now)


def _record(by: User | None, did: str, raid: Raid, **facts: object) -> None:
    audit.record(by, f"chat: {did}", raid.source, channel=raid.target.name, **facts)
    tell_crew(raid.source_id, "log")
