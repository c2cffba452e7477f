"""Breaks: called by the streamer or by their schedule, announced before they begin, bounded by the house."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from accounts import audit
from accounts.models import Channel, User
from ads.announcing import announce
from ads.errors import AdsError, BreakNotAllowed
from ads.models import AdBreak, ChannelAds
from ads.rules import ads_of, house_rules
from realtime import publish_on_commit
from streaming.models import Broadcast

# Viewers ask for their ad at a moment of their own within it.
LEAD = timedelta(seconds=10)
# Whoever hears of it later has missed it.
MISSED_AFTER = timedelta(seconds=5)
SHORTEST_S, LONGEST_S = 30, 180
SNOOZES_FOR = timedelta(minutes=5)


@transaction.atomic
def call_break(*, broadcast: Broadcast, seconds: int, by: User | None, now: datetime) -> AdBreak:
    """Announce a break. Raises BreakNotAllowed: not on air, none wanted, one is running, or the hour is full."""
    broadcast = Broadcast.objects.select_for_update(of=("self",)).select_related("channel").get(pk=broadcast.pk)
    if broadcast.state != Broadcast.State.LIVE or not ads_of(broadcast.channel).shows_mid or not house_rules().is_on:
        raise BreakNotAllowed
    if not SHORTEST_S <= seconds <= LONGEST_S or seconds > left_s(broadcast, now) or _running(broadcast, now):
        raise BreakNotAllowed
    row = AdBreak.objects.create(broadcast=broadcast, starts_at=now + LEAD, seconds=seconds, by=by)
    publish_on_commit(
        f"broadcast.{broadcast.pk}",
        {"type": "ad_break", "lead_ms": round(LEAD.total_seconds() * 1000), "seconds": seconds, "number": row.pk},
    )
    transaction.on_commit(lambda: announce(row))
    if by is not None:
        audit.record(by, "called break", broadcast, seconds=seconds)
    return row


def left_s(broadcast: Broadcast, now: datetime) -> int:
    """How many seconds of breaks the house still allows within this hour."""
    rows = AdBreak.objects.filter(broadcast__channel=broadcast.channel_id, starts_at__gt=now - timedelta(hours=1))
    return house_rules().break_s_an_hour - (rows.aggregate(total=Sum("seconds"))["total"] or 0)


def _running(broadcast: Broadcast, now: datetime) -> bool:
    last = AdBreak.objects.filter(broadcast=broadcast).first()
    return last is not None and last.starts_at + timedelta(seconds=last.seconds) > now


def is_due(broadcast: Broadcast, now: datetime) -> bool:
    """Whether viewers may ask for an ad of a break: it is announced, or has begun, and isn't over.

    It is over later for those who watch from further back in the playlist.
    """
    last = AdBreak.objects.filter(broadcast=broadcast).first()
    if last is None:
        return False
    ends_at = last.starts_at + timedelta(seconds=last.seconds + settings.ENV.live_window_s)
    return last.starts_at - LEAD - MISSED_AFTER <= now <= ends_at + MISSED_AFTER


@transaction.atomic
def snooze(*, channel: Channel, by: User, now: datetime) -> None:
    """Put off the schedule's next break."""
    ChannelAds.objects.update_or_create(channel=channel, defaults={"snoozed_until": now + SNOOZES_FOR})
    audit.record(by, "snoozed breaks", channel)


def call_due(now: datetime) -> int:
    """Call the breaks of all schedules that are due; how many there were."""
    rows = ChannelAds.objects.filter(break_every_min__gt=0, shows_mid=True, channel__is_suspended=False)
    wanted = {row.channel_id: row for row in rows}
    count = 0
    for broadcast in Broadcast.objects.live().on_channel().filter(channel__in=wanted):
        row = wanted[broadcast.channel_id]
        last = AdBreak.objects.filter(broadcast=broadcast).values_list("starts_at", flat=True).first()
        since = last or broadcast.on_show_since
        is_snoozed = row.snoozed_until is not None and row.snoozed_until > now
        if is_snoozed or now - since < timedelta(minutes=row.break_every_min):
            continue
        try:
            call_break(broadcast=broadcast, seconds=row.break_s, by=None, now=now)
            count += 1
        except AdsError:
            continue
    return count
